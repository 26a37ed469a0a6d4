import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import webPush from "web-push";
import { UsageError } from "../usage-error";

/** How a push service recognises the sender (RFC 8292); P-256, base64url. */
export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

const PUBLIC_KEY = /^[A-Za-z0-9_-]{87}$/;
const PRIVATE_KEY = /^[A-Za-z0-9_-]{43}$/;

/**
 * The keys in a directory, made once: subscriptions hold for the key they were made with.
 * @throws {UsageError} for a file that cannot be read, or holds something else
 */
export function vapidKeysIn(directory: string): VapidKeys {
  const file = join(directory, "vapid.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
    const keys = webPush.generateVAPIDKeys();
    writeDurably(file, `${JSON.stringify(keys)}\n`);
    return keys;
  }
  const keys = parseKeys(text);
  if (!keys)
    throw new UsageError(`${file}: holds no VAPID keys; restore it, or remove it and subscribe anew`);
  return keys;
}

function parseKeys(text: string): VapidKeys | undefined {
  try {
    const { publicKey, privateKey } = JSON.parse(text) as Partial<VapidKeys>;
    if (!PUBLIC_KEY.test(publicKey ?? "") || !PRIVATE_KEY.test(privateKey ?? "")) return undefined;
    return { publicKey: publicKey as string, privateKey: privateKey as string };
  } catch {
    return undefined;
  }
}

function writeDurably(file: string, text: string): void {
  const unfinished = `${file}.${randomBytes(4).toString("hex")}`;
  const descriptor = openSync(unfinished, "wx", 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(unfinished, file);
}
