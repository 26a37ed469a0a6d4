import { join } from "node:path";
import { AlertBook } from "./alert-book";
import { DirectoryLock } from "./directory-lock";
import { Journal } from "./journal";
import type { JournalRecord } from "./record";

export interface AlertStoreOptions {
  /** Made for its owner only if it is not there. */
  readonly directory: string;
  /** Nothing can be kept any more; called once. */
  onFailure(error: Error): void;
  /** See `JournalOptions`. */
  readonly compactAt?: number | undefined;
}

/** The book, and its journal in a directory: what is committed is in the book at once, and on disk when `durable()` says so. */
export class AlertStore {
  readonly book: AlertBook;
  readonly #journal: Journal<JournalRecord>;
  readonly #lock: DirectoryLock;

  private constructor(book: AlertBook, journal: Journal<JournalRecord>, lock: DirectoryLock) {
    this.book = book;
    this.#journal = journal;
    this.#lock = lock;
  }

  /** @throws {UsageError} when the directory is in use, or its journal is damaged */
  static async open({ directory, onFailure, compactAt }: AlertStoreOptions): Promise<AlertStore> {
    const lock = DirectoryLock.acquire(directory);
    const book = new AlertBook();
    try {
      const journal = await Journal.open<JournalRecord>({
        file: join(directory, "alerts.journal"),
        restore: (records) => {
          for (const record of records) book.apply(record);
        },
        snapshot: () => book.snapshot(),
        onFailure,
        compactAt,
      });
      return new AlertStore(book, journal, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  commit(record: JournalRecord): void {
    this.book.apply(record);
    this.#journal.append(record);
  }

  get isDurable(): boolean {
    return this.#journal.isDurable;
  }

  /** Bytes of a torn commit at the end, cut off when the store was opened. */
  get tornBytes(): number {
    return this.#journal.tornBytes;
  }

  /** Resolves when all that was committed is on disk. */
  durable(): Promise<void> {
    return this.#journal.durable();
  }

  async close(): Promise<void> {
    await this.#journal.close();
    this.#lock.release();
  }
}
