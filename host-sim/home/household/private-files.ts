import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../usage-error";

/** Only the owner may look: a folder, and a file. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Any right of group or others. */
const OTHERS = 0o077;

/** Begins the names of what is not finished; it is removed by the next run. */
const UNFINISHED = ".unfinished-";

export type Content = string | ArrayBuffer | Uint8Array;

/** The text of a file, or `undefined` where there is none. */
export function readText(file: string): string | undefined {
  return readBytes(file)?.toString();
}

/** A file's bytes, or `undefined` where there is none. */
export function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Names of what is in a folder, in order; none where there is no folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Makes a folder, and those above it that are missing. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
}

/**
 * Writes a file so that whoever reads it, and whoever finds it after a power loss, has the former content or the new one.
 * @returns whether it had another content, or none
 */
export function writePrivate(file: string, content: Content): boolean {
  const bytes = bytesOf(content);
  if (hasContent(file, bytes)) return false;
  makeFolder(dirname(file));
  const unfinished = join(dirname(file), `${UNFINISHED}${process.pid}-${basename(file)}`);
  writeThrough(unfinished, bytes);
  renameSync(unfinished, file);
  return true;
}

/** Makes a folder of files that is there with all of them, or not at all. */
export function writePrivateFolder(folder: string, files: Readonly<Record<string, Content>>): void {
  makeFolder(dirname(folder));
  const unfinished = join(dirname(folder), `${UNFINISHED}${process.pid}-${basename(folder)}`);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: FOLDER_MODE });
  for (const [name, content] of Object.entries(files)) writeThrough(join(unfinished, name), bytesOf(content));
  renameSync(unfinished, folder);
}

/** Removes what a run has left that was ended half way. */
export function removeUnfinished(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(UNFINISHED)) rmSync(path, { recursive: true, force: true });
    else if (entry.isDirectory()) removeUnfinished(path);
  }
}

/**
 * Checks that nobody but the owner can read, write or list a folder, and what is in it under these names.
 * @throws {UsageError} naming the first that others can, and the remedy
 */
export function assertPrivate(folder: string, names: readonly string[]): void {
  // Windows has no such rights: there a folder below the user's own is the user's.
  if (process.platform === "win32") return;
  const open =
    openTo(folder) ?? names.map((name) => firstOpen(join(folder, name))).find((found) => found !== undefined);
  if (open === undefined) return;
  throw new UsageError(
    `${open.path} has mode ${open.mode.toString(8).padStart(4, "0")}: others can get at the secrets of the household. ` +
      `Take their rights away: chmod -R go= ${folder}`,
  );
}

interface Open {
  readonly path: string;
  readonly mode: number;
}

/** Whether others have any right here. */
function openTo(path: string): Open | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  // The rights of a link are those of what it points to.
  if (!status || status.isSymbolicLink() || (status.mode & OTHERS) === 0) return undefined;
  return { path, mode: status.mode & 0o7777 };
}

function firstOpen(path: string): Open | undefined {
  const own = openTo(path);
  if (own || !lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return own;
  for (const name of readdirSync(path)) {
    const open = firstOpen(join(path, name));
    if (open) return open;
  }
  return undefined;
}

function bytesOf(content: Content): Uint8Array {
  if (typeof content === "string") return Buffer.from(content);
  return content instanceof Uint8Array ? content : new Uint8Array(content);
}

function hasContent(file: string, bytes: Uint8Array): boolean {
  const present = readBytes(file);
  return present !== undefined && Buffer.compare(present, bytes) === 0;
}

function writeThrough(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, "w", FILE_MODE);
  try {
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
