import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { UsageError } from "../usage-error";

export interface JournalOptions<Entry> {
  readonly file: string;
  /** Called once, before anything is taken, with what the file holds, in order. */
  restore(entries: readonly Entry[]): void;
  /** The fewest entries that stand for all so far, those that are not on disk yet included. */
  snapshot(): readonly Entry[];
  /** Nothing can be made durable any more: the disk is full, or broken. Called once. */
  onFailure(error: Error): void;
  /** Bytes that the file may grow by before it is written anew; default 4 MiB, and at least as much as it had then. */
  readonly compactAt?: number | undefined;
}

const HEADER = "thimble alerts journal 1\n";
const COMPACT_AT = 4 * 1_024 * 1_024;
/** Entries on a line of a snapshot; what is appended is a line a commit, however many entries it has. */
const SNAPSHOT_LINE = 500;
const NEWLINE = 0x0a;

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * An append-only file of JSON entries that survives a kill at any byte. A commit is one line, `CRC-32 of the JSON, the JSON array`,
 * followed by fdatasync; while it is under way, what is appended waits for the next, so that many entries share one (group commit).
 * A line that was torn at the end was never reported durable and is cut off; damage before that is an error, never a silent loss.
 * When the file has grown it is written anew beside itself and renamed into place.
 */
export class Journal<Entry> {
  readonly #options: JournalOptions<Entry>;
  readonly #compactAt: number;
  #handle: FileHandle;
  #size: number;
  #compactSize: number;
  #pending: Entry[] = [];
  /** Of the commit that `#pending` will be in. */
  #next: Deferred = deferred();
  /** Of the commit that is under way. */
  #running: Deferred | undefined;
  #busy = false;
  #failure: Error | undefined;
  /** Bytes cut off at the end when it was opened. */
  readonly tornBytes: number;

  private constructor(options: JournalOptions<Entry>, handle: FileHandle, size: number, tornBytes: number) {
    this.#options = options;
    this.#compactAt = options.compactAt ?? COMPACT_AT;
    this.#handle = handle;
    this.#size = size;
    this.#compactSize = size + this.#compactAt;
    this.tornBytes = tornBytes;
  }

  /**
   * Opens the file, or makes it.
   * @throws {UsageError} naming file and line, when it is damaged
   */
  static async open<Entry>(options: JournalOptions<Entry>): Promise<Journal<Entry>> {
    const { file } = options;
    const content = await readIfThere(file);
    if (content === undefined) {
      options.restore([]);
      const { handle, size } = await writeAnew(file, options.snapshot());
      return new Journal(options, handle, size, 0);
    }
    const { entries, end } = parseJournal<Entry>(content, file);
    options.restore(entries);
    const handle = await open(file, "a", 0o600);
    if (end < content.length) {
      await handle.truncate(end);
      await handle.datasync();
    }
    return new Journal(options, handle, end, content.length - end);
  }

  /** Takes an entry; when it is on disk says `durable()`. After `close()` or a failure nothing is taken. */
  append(entry: Entry): void {
    if (this.#failure) return;
    this.#pending.push(entry);
    if (!this.#busy) void this.#run();
  }

  /**
   * Resolves when all that has been appended is on disk: at once if it is.
   * @throws {Error} when that cannot be done any more
   */
  durable(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#pending.length > 0) return this.#next.promise;
    return this.#running?.promise ?? Promise.resolve();
  }

  /** Whether all that has been appended is on disk. */
  get isDurable(): boolean {
    return !this.#failure && this.#pending.length === 0 && !this.#running;
  }

  /** Makes all durable that can be, and closes the file. */
  async close(): Promise<void> {
    await this.durable().catch(() => {});
    await this.#handle.close().catch(() => {});
    this.#failure ??= new Error("the journal is closed");
  }

  async #run(): Promise<void> {
    this.#busy = true;
    // What the same chunk of the network holds comes into the same commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const entries = this.#pending;
      const running = this.#next;
      this.#pending = [];
      this.#next = deferred();
      this.#running = running;
      try {
        await this.#commit(entries);
      } catch (error) {
        this.#fail(error as Error, running);
        return;
      }
      this.#running = undefined;
      running.resolve();
    }
    this.#busy = false;
  }

  async #commit(entries: readonly Entry[]): Promise<void> {
    const line = formatLine(entries);
    if (this.#size + line.length <= this.#compactSize) {
      await this.#handle.appendFile(line);
      await this.#handle.datasync();
      this.#size += line.length;
      return;
    }
    const { handle, size } = await writeAnew(this.#options.file, this.#options.snapshot());
    await this.#handle.close();
    this.#handle = handle;
    this.#size = size;
    this.#compactSize = size + Math.max(this.#compactAt, size);
  }

  /** After a failed write or fdatasync nobody knows what is on disk: trying again could report success for lost pages. */
  #fail(error: Error, running: Deferred): void {
    this.#failure = error;
    this.#running = undefined;
    running.reject(error);
    this.#next.reject(error);
    this.#options.onFailure(error);
  }
}

function deferred(): Deferred {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => {}); // nobody need wait for it
  return { promise, resolve, reject };
}

function formatLine(entries: readonly unknown[]): Buffer {
  const json = JSON.stringify(entries);
  return Buffer.from(`${checksum(json)} ${json}\n`);
}

function checksum(data: string | Buffer): string {
  return crc32(data).toString(16).padStart(8, "0");
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

/** The whole file anew: whoever opens it sees the old one or the new one. */
async function writeAnew(
  file: string,
  entries: readonly unknown[],
): Promise<{ handle: FileHandle; size: number }> {
  const lines: Buffer[] = [Buffer.from(HEADER)];
  for (let start = 0; start < entries.length; start += SNAPSHOT_LINE)
    lines.push(formatLine(entries.slice(start, start + SNAPSHOT_LINE)));
  const content = Buffer.concat(lines);
  const unfinished = `${file}.new`;
  const handle = await open(unfinished, "w", 0o600);
  await handle.writeFile(content);
  await handle.sync();
  await rename(unfinished, file);
  const directory = await open(dirname(file), "r");
  await directory.sync();
  await directory.close();
  return { handle, size: content.length };
}

/** @returns the entries, and where they end */
function parseJournal<Entry>(content: Buffer, file: string): { entries: Entry[]; end: number } {
  if (!content.subarray(0, HEADER.length).equals(Buffer.from(HEADER)))
    throw new UsageError(`${file}:1: is not a journal of thimble alerts, or of another version`);
  const entries: Entry[] = [];
  let end = HEADER.length;
  let number = 2;
  for (let line = lineAt(content, end); line; line = lineAt(content, end)) {
    const parsed = parseLine<Entry>(line);
    if (!parsed) {
      if (hasValidLine(content, end + line.length + 1))
        throw new UsageError(`${file}:${number}: is damaged; restore it, or move it away to begin anew`);
      break;
    }
    for (const entry of parsed) entries.push(entry);
    end += line.length + 1;
    number += 1;
  }
  return { entries, end };
}

function lineAt(content: Buffer, start: number): Buffer | undefined {
  const newline = content.indexOf(NEWLINE, start);
  return newline < 0 ? undefined : content.subarray(start, newline);
}

function parseLine<Entry>(line: Buffer): Entry[] | undefined {
  const json = line.subarray(9);
  if (line[8] !== 0x20 || line.subarray(0, 8).toString("latin1") !== checksum(json)) return undefined;
  return JSON.parse(json.toString("utf8")) as Entry[];
}

function hasValidLine(content: Buffer, start: number): boolean {
  let at = start;
  for (let line = lineAt(content, at); line; line = lineAt(content, at)) {
    if (parseLine(line)) return true;
    at += line.length + 1;
  }
  return false;
}
