import { createHash, randomBytes } from "node:crypto";

/** One signed-in phone. */
export interface Session {
  /** Name of the household's member. */
  readonly member: string;
  /** ms of the clock of the store. */
  readonly expires: number;
  /** Called once, when the session is over. */
  readonly onEnd: Set<() => void>;
}

export interface SessionOptions {
  /** ms; default `Date.now`. */
  readonly now?: () => number;
  /** From signing in to the end at the latest, ms; default 30 days. */
  readonly lifetime?: number;
  /** The oldest make room; default 200. */
  readonly capacity?: number;
}

/** Default of `SessionOptions.lifetime`. */
export const SESSION_LIFETIME: number = 30 * 24 * 3_600_000;
const CAPACITY = 200;
const TOKEN_BYTE_LENGTH = 32;

/**
 * The sessions of this run of the house. A token is 256 random bits; kept is only its hash, so that nothing that shows the memory of
 * the server shows a token.
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #now: () => number;
  readonly #lifetime: number;
  readonly #capacity: number;

  constructor({ now = Date.now, lifetime = SESSION_LIFETIME, capacity = CAPACITY }: SessionOptions = {}) {
    this.#now = now;
    this.#lifetime = lifetime;
    this.#capacity = capacity;
  }

  /** @returns the token, 43 characters of base64url */
  create(member: string): string {
    this.sweep();
    for (const [key] of this.#sessions) {
      if (this.#sessions.size < this.#capacity) break;
      this.#end(key);
    }
    const token = randomBytes(TOKEN_BYTE_LENGTH).toString("base64url");
    this.#sessions.set(hash(token), { member, expires: this.#now() + this.#lifetime, onEnd: new Set() });
    return token;
  }

  /** The session of a token; `undefined` when it is over or never was. */
  find(token: string | undefined): Session | undefined {
    if (token === undefined) return undefined;
    const key = hash(token);
    const session = this.#sessions.get(key);
    if (!session) return undefined;
    if (session.expires > this.#now()) return session;
    this.#end(key);
    return undefined;
  }

  /** Signs out. */
  end(token: string): void {
    this.#end(hash(token));
  }

  /** Ends those whose time is over. */
  sweep(): void {
    const now = this.#now();
    for (const [key, { expires }] of this.#sessions) if (expires <= now) this.#end(key);
  }

  /** Ends all. */
  clear(): void {
    for (const key of [...this.#sessions.keys()]) this.#end(key);
  }

  #end(key: string): void {
    const session = this.#sessions.get(key);
    if (!session) return;
    this.#sessions.delete(key);
    for (const callback of session.onEnd) callback();
    session.onEnd.clear();
  }
}

function hash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
