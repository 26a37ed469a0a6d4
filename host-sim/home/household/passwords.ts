import { pbkdf2Sync, randomBytes, randomInt, scrypt, scryptSync, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** Crockford's alphabet: nobody mistakes one of its characters for another. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Cost of scrypt: 32 MiB and about 80 ms for each try. */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1_024 * 1_024 } as const;
const KEY_BYTE_LENGTH = 32;

/** Of mosquitto's hash: the passwords are random, 80 bits and more, so this is not what protects them. */
const ITERATIONS = 1_000;

/** For machines: 192 bits. */
export function machinePassword(): string {
  return randomBytes(24).toString("base64url");
}

/** For people: 80 bits in four groups, `k3h9-0xq2-...`, as it is written on a note. */
export function personPassword(): string {
  const group = (): string => Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return [group(), group(), group(), group()].join("-");
}

/** What is kept of a person's password: `scrypt$N$r$p$salt$key`, salt and key in base64. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, KEY_BYTE_LENGTH, COST);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString("base64")}$${key.toString("base64")}`;
}

/** Stands for the hash of somebody who does not exist: comparing with it takes as long, and never succeeds. */
export const NOBODY: string = `scrypt$${COST.N}$${COST.r}$${COST.p}$${Buffer.alloc(16).toString("base64")}$`;

const derive: (password: string, salt: Buffer, byteLength: number, options: object) => Promise<Buffer> =
  promisify(scrypt);

/** Whether a password has this hash; takes the same time whatever differs. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, N, r, p, salt = "", expected = ""] = hash.split("$");
  const cost = { N: Number(N), r: Number(r), p: Number(p), maxmem: COST.maxmem };
  const key = await derive(password, Buffer.from(salt, "base64"), KEY_BYTE_LENGTH, cost);
  const wanted = Buffer.from(expected, "base64");
  return wanted.byteLength === key.byteLength && timingSafeEqual(key, wanted);
}

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export function isSame(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}

/** A line of mosquitto's password file without the name: `$7$iterations$salt$key`, PBKDF2 with SHA-512 (mosquitto_passwd). */
export function mosquittoHash(password: string): string {
  const salt = randomBytes(12);
  const key = pbkdf2Sync(password, salt, ITERATIONS, 64, "sha512");
  return `$7$${ITERATIONS}$${salt.toString("base64")}$${key.toString("base64")}`;
}
