import { connect, type Socket } from "node:net";
import { bytesOf, closedError, hostRealm } from "../board/realm";
import type { TCPFormat, TCPOptions, TCPSocket } from "./tcp";

/** Bytes that may wait to be taken by the operating system, and bytes received that may wait to be read. */
const CAPACITY = 65_536;
/** Bytes moved at a time. */
const PIECE = 16_384;
/** The most that is ever said to be writable. Below the capacity: most bursts never come to it, and need no `onWritable` after it. */
const MAXIMUM_WRITE = CAPACITY - PIECE;

export interface NodeTCPOptions extends TCPOptions {
  /** The standard's spelling of `nodelay`. */
  readonly noDelay?: boolean;
}

/**
 * The TCP socket of ECMA-419 (3rd edition, clause 11) over node:net and nothing else: for Node programs that use `MQTTClient` as their
 * client. No board is simulated; for that there is `createTCP`. What is written within one turn of the event loop goes to the
 * operating system together when the turn ends, so a burst of packets costs one system call.
 *
 * ```ts
 * const client = new MQTTClient({ host: "localhost", dns: { io: NodeResolver }, socket: { io: NodeTCP }, ... });
 * ```
 */
export class NodeTCP implements TCPSocket {
  declare target?: unknown;
  readonly #options: NodeTCPOptions;
  readonly #socket: Socket;
  readonly #flush: () => void;
  readonly #taken: () => void;
  #format: TCPFormat;
  #isReady = false;
  #isClosed = false;
  #hasFailed = false;

  /** Where received bytes stand: from #start to #end. During `onReadable` Node's own buffer, otherwise a copy of the rest. */
  #received: Uint8Array;
  #start = 0;
  #end = 0;
  #isPaused = false;

  /** Bytes #flushed to #written of the buffer wait for the end of the turn. */
  #outbound: Uint8Array = new Uint8Array(PIECE);
  #flushed = 0;
  #written = 0;
  #isScheduled = false;
  /** Less than MAXIMUM_WRITE has been said to be writable. */
  #isShort = false;

  constructor(options: NodeTCPOptions) {
    const { address, port, nodelay, noDelay, format = "buffer" } = options;
    this.#options = options;
    this.#format = formatOf(format);
    if ("target" in options) this.target = options.target;
    this.#flush = () => this.#send();
    this.#taken = () => this.#writable();
    const buffer = new Uint8Array(PIECE);
    this.#received = buffer;
    this.#socket = connect({
      host: address,
      port,
      noDelay: Boolean(nodelay ?? noDelay),
      // One buffer for all that arrives, instead of a new one each time.
      onread: { buffer, callback: (byteLength: number) => this.#arrived(buffer, byteLength) },
    });
    this.#socket.once("connect", () => {
      this.#isReady = true;
      this.#writable();
    });
    // An error is always followed by `close`.
    this.#socket.on("error", () => {});
    this.#socket.once("close", () => {
      this.#hasFailed = true;
      this.#fail();
    });
  }

  get remoteAddress(): string {
    this.#validate();
    return this.#options.address;
  }

  get remotePort(): number {
    this.#validate();
    return this.#options.port;
  }

  get format(): TCPFormat {
    this.#validate();
    return this.#format;
  }

  set format(format: TCPFormat) {
    this.#validate();
    this.#format = formatOf(format);
  }

  /** @throws {Error} when more is asked for than has been received */
  read(byteLengthOrBuffer?: number | ArrayBufferLike | ArrayBufferView): number | ArrayBuffer | undefined {
    this.#validate();
    const available = this.#end - this.#start;
    if (available === 0) return undefined;
    if (this.#format === "number") {
      const byte = new Uint8Array(1);
      this.#take(byte);
      return byte[0];
    }
    const isCount = typeof byteLengthOrBuffer !== "object";
    const target = isCount
      ? new Uint8Array(byteLengthOrBuffer ?? available)
      : bytesOf(hostRealm, byteLengthOrBuffer);
    if (target.length === 0 || target.length > available) throw new Error("invalid");
    this.#take(target);
    return isCount ? (target.buffer as ArrayBuffer) : target.length;
  }

  /**
   * @returns how many more bytes may be written; `undefined` when the connection has failed
   * @throws {Error} before the first `onWritable`, and for more bytes than may be written
   */
  write(data: number | ArrayBufferLike | ArrayBufferView): number | undefined {
    this.#validate();
    if (this.#hasFailed) return undefined;
    if (!this.#isReady) throw new Error("not ready");
    const bytes = this.#format === "number" ? Uint8Array.of(Number(data)) : viewOf(data);
    if (bytes.length > this.#free) throw new Error("would block");
    if (bytes.length > this.#outbound.length - this.#written) this.#makeRoom(bytes.length);
    this.#outbound.set(bytes, this.#written);
    this.#written += bytes.length;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(this.#flush);
    }
    const free = this.#free;
    if (free < MAXIMUM_WRITE) this.#isShort = true;
    return free;
  }

  /** What was written is still sent. */
  close(): void {
    if (this.#isClosed) return;
    this.#send();
    this.#isClosed = true;
    this.#socket.destroySoon();
  }

  get #free(): number {
    return Math.min(MAXIMUM_WRITE, CAPACITY - (this.#written - this.#flushed) - this.#socket.writableLength);
  }

  #makeRoom(byteLength: number): void {
    this.#send();
    if (byteLength <= this.#outbound.length - this.#written) return;
    // The socket may still need the old one.
    this.#outbound = new Uint8Array(Math.max(PIECE, byteLength));
    this.#flushed = 0;
    this.#written = 0;
  }

  #send(): void {
    this.#isScheduled = false;
    if (this.#isClosed || this.#flushed === this.#written) return;
    const bytes = this.#outbound.subarray(this.#flushed, this.#written);
    this.#flushed = this.#written;
    if (this.#isShort) this.#socket.write(bytes, this.#taken);
    else this.#socket.write(bytes);
    if (this.#socket.writableLength > 0) return;
    this.#flushed = 0;
    this.#written = 0;
  }

  #writable(): void {
    const free = this.#free;
    this.#isShort = free < MAXIMUM_WRITE;
    if (!this.#isClosed && !this.#hasFailed) this.#options.onWritable?.call(this, free);
  }

  /** @returns whether Node may go on reading */
  #arrived(buffer: Uint8Array, byteLength: number): boolean {
    if (this.#isClosed) return true;
    const unread = this.#end - this.#start;
    if (unread === 0) this.#hold(buffer, byteLength);
    else {
      const joined = new Uint8Array(unread + byteLength);
      joined.set(this.#received.subarray(this.#start, this.#end));
      joined.set(buffer.subarray(0, byteLength), unread);
      this.#hold(joined, joined.length);
    }
    this.#options.onReadable?.call(this, this.#end);
    if (this.#received === buffer && this.#start < this.#end)
      this.#hold(buffer.slice(this.#start, this.#end), this.#end - this.#start);
    this.#isPaused = !this.#isClosed && this.#end - this.#start >= CAPACITY;
    return !this.#isPaused;
  }

  #hold(bytes: Uint8Array, byteLength: number): void {
    this.#received = bytes;
    this.#start = 0;
    this.#end = byteLength;
  }

  #take(target: Uint8Array): void {
    const end = this.#start + target.length;
    const all = this.#start === 0 && end === this.#received.length;
    target.set(all ? this.#received : this.#received.subarray(this.#start, end));
    this.#start = end;
    if (this.#isPaused && this.#end - end < CAPACITY) {
      this.#isPaused = false;
      this.#socket.resume();
    }
    if (this.#hasFailed && end === this.#end) process.nextTick(() => this.#fail());
  }

  /** Not before the last received byte has been read. */
  #fail(): void {
    if (!this.#isClosed && this.#start === this.#end) this.#options.onError?.call(this);
  }

  #validate(): void {
    if (this.#isClosed) throw closedError(hostRealm);
  }
}

function viewOf(data: number | ArrayBufferLike | ArrayBufferView): Uint8Array {
  return data instanceof Uint8Array ? data : bytesOf(hostRealm, data);
}

function formatOf(format: TCPFormat): TCPFormat {
  if (format !== "number" && format !== "buffer") throw new RangeError("unimplemented");
  return format;
}
