import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Where compiled engines live: `$XDG_CACHE_HOME/thimble/xs`, by default `~/.cache/thimble/xs`. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "thimble", "xs");
}

/** A file that is there is complete: readers never see half of it, whoever writes it at the same time. */
export function writeAtomically(path: string, bytes: Uint8Array | string): void {
  const temporary = temporaryPath(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(temporary, bytes);
  renameSync(temporary, path);
}

/** A path beside `path` that no other process uses. */
export function temporaryPath(path: string): string {
  temporaryCount += 1;
  return `${path}.${process.pid}.${temporaryCount}.tmp`;
}
let temporaryCount = 0;

const HEARTBEAT = 2_000;
const STALE = 20_000;

/**
 * Runs `work` while this process holds the lock directory `path`; others wait. A lock whose holder died (no heartbeat
 * for 20 s) is taken over.
 * @param onWait - called once when another process holds the lock
 */
export async function withLock<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  for (let attempt = 0; !acquire(path); attempt += 1) {
    if (attempt === 0) onWait();
    await sleep(250);
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(path, { recursive: true, force: true });
  }
}

function acquire(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (modified !== undefined && Date.now() - modified > STALE) rmSync(path, { recursive: true, force: true });
  return false;
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // The lock was taken over or the cache removed: the work goes on, its result is renamed into place as a whole.
  }
}
