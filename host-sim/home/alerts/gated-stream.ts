import { Duplex } from "node:stream";

export interface GatedStreamOptions {
  /** Opens the connection below. */
  open(): Promise<Duplex>;
  /** Whether bytes may go out at once. */
  isOpen(): boolean;
  /** Resolves when what has been taken so far is safe; rejects when it never will be. */
  gate(): Promise<void>;
}

type Callback = (error?: Error | null) => void;

/**
 * A connection whose output waits until all input that it may answer is on disk (output commit). So no acknowledgement - PUBREC,
 * PUBCOMP, PUBACK - ever leaves before what it acknowledges is safe, whatever the client above does and whenever it does it; and
 * while a commit is under way the client goes on reading, so that many messages share one.
 */
export class GatedStream extends Duplex {
  readonly #options: GatedStreamOptions;
  #inner: Duplex | undefined;

  constructor(options: GatedStreamOptions) {
    super({ decodeStrings: true });
    this.#options = options;
  }

  override _construct(callback: Callback): void {
    this.#options.open().then(
      (inner) => {
        if (this.destroyed) inner.destroy();
        else this.#attach(inner);
        callback();
      },
      (error: Error) => callback(error),
    );
  }

  override _read(): void {
    this.#inner?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#send([chunk], callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: Callback): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: Callback): void {
    this.#inner?.end();
    callback();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#inner?.destroy();
    callback(error);
  }

  #attach(inner: Duplex): void {
    this.#inner = inner;
    inner.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) inner.pause();
    });
    inner.on("end", () => this.push(null));
    inner.on("error", (error: Error) => this.destroy(error));
    inner.on("close", () => this.destroy());
  }

  #send(chunks: readonly Buffer[], callback: Callback): void {
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const pass = (): void => {
      if (this.#inner?.writable) this.#inner.write(bytes, callback);
      else callback(new Error("the connection is closed"));
    };
    if (this.#options.isOpen()) pass();
    else this.#options.gate().then(pass, callback);
  }
}
