import { bytesOf, closedError, copyToRealm, makeError, type Realm } from "../board/realm";
import type { Clock } from "../clock/clock";
import type { Connection } from "./connection";
import type { NetworkInterface } from "./network-interface";

/** `LWIP_TCP_SND_BUF_DEFAULT` of the SDK's ESP32-S3, C3 and C6 targets, and of ESP-IDF. The plain ESP32 target has 8,192. */
export const SEND_BUFFER = 5_744;

export type TCPFormat = "number" | "buffer";

/** Options of the TCP socket of ECMA-419 (3rd edition, clause 11), as far as Moddable's ESP32 implementation reads them. */
export interface TCPOptions {
  /** Numeric; a name makes the constructor throw, as on the board: resolve it first. */
  readonly address: string;
  readonly port: number;
  readonly nodelay?: boolean;
  readonly format?: TCPFormat;
  readonly onReadable?: CountCallback;
  readonly onWritable?: CountCallback;
  readonly onError?: ErrorCallback;
  readonly target?: unknown;
}

type CountCallback = (this: TCPSocket, byteLength: number) => void;
type ErrorCallback = (this: TCPSocket) => void;

export interface TCPSocket {
  target?: unknown;
  format: TCPFormat;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** All, or `byteLength` bytes, or as many as the buffer holds; `undefined` when nothing has been received. */
  read(byteLengthOrBuffer?: number | ArrayBufferLike | ArrayBufferView): number | ArrayBuffer | undefined;
  /** @returns free bytes of the send buffer; `undefined` when the connection has failed */
  write(data: number | ArrayBufferLike | ArrayBufferView): number | undefined;
  close(): void;
}

export type TCPClass = new (options: TCPOptions) => TCPSocket;

export interface TCPEnvironment {
  readonly network: NetworkInterface;
  readonly clock: Clock;
  readonly realm: Realm;
  /** Receives what a callback throws; on the board that ends the machine. Default: it is thrown on. */
  readonly onException?: (error: unknown) => void;
  /** Default {@link SEND_BUFFER}. */
  readonly sendBufferByteLength?: number;
}

const WRITABLE = 1;
const READABLE = 2;
const FAILED = 4;

const IPv4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const IPv6 = /^[0-9a-f:]*:[0-9a-f:.]*$/i;

/** Whether lwIP's `ipaddr_aton` takes it for an address (its rarer forms, such as `127.1`, left out). */
export function isAddress(text: string): boolean {
  return IPv4.test(text) || IPv6.test(text);
}

/** Bytes received and not read yet. */
class ReceiveBuffer {
  #chunks: Uint8Array[] = [];
  byteLength = 0;

  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.byteLength += bytes.byteLength;
  }

  /** Fills `target`; it must not be longer than what is there. */
  take(target: Uint8Array): void {
    let offset = 0;
    while (offset < target.byteLength) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, target.byteLength - offset);
      target.set(part, offset);
      offset += part.byteLength;
      if (part.byteLength === chunk.byteLength) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.byteLength);
    }
    this.byteLength -= target.byteLength;
  }
}

/** Makes the class that `embedded:io/socket/tcp` exports on one device. Its behaviour is that of Moddable's over lwIP. */
export function createTCP(environment: TCPEnvironment): TCPClass {
  const { network, clock, realm, onException = rethrow } = environment;
  const capacity = environment.sendBufferByteLength ?? SEND_BUFFER;

  function callbackOf(options: TCPOptions, name: "onReadable" | "onWritable" | "onError"): unknown {
    const callback = options[name] ?? undefined;
    if (callback !== undefined && typeof callback !== "function")
      throw makeError(realm, "Error", "not a function");
    return callback;
  }

  function formatOf(format: unknown): TCPFormat {
    if (format !== "number" && format !== "buffer") throw makeError(realm, "RangeError", "unimplemented");
    return format;
  }

  return class TCP implements TCPSocket {
    declare target?: unknown;
    readonly #onReadable: CountCallback | undefined;
    readonly #onWritable: CountCallback | undefined;
    readonly #onError: ErrorCallback | undefined;
    readonly #address: string;
    readonly #port: number;
    readonly #received = new ReceiveBuffer();
    #format: TCPFormat;
    #connection: Connection | undefined;
    #free = capacity;
    #triggered = 0;
    #isReady = false;
    /** Callbacks are no longer due because the peer finished or the connection failed. */
    #isOver = false;
    /** The failure has been taken notice of; `onError` may still wait for the last bytes to be read. */
    #hasFailed = false;
    #isClosed = false;

    constructor(options: TCPOptions) {
      this.#format = formatOf(options.format || "buffer");
      this.#onReadable = callbackOf(options, "onReadable") as CountCallback | undefined;
      this.#onWritable = callbackOf(options, "onWritable") as CountCallback | undefined;
      this.#onError = callbackOf(options, "onError") as ErrorCallback | undefined;
      this.#address = String(options.address);
      if (!isAddress(this.#address)) throw makeError(realm, "Error", "invalid address");
      if (options.port === undefined) throw makeError(realm, "Error", "invalid");
      this.#port = Math.trunc(Number(options.port)) || 0;
      if (this.#port < 0 || this.#port > 65_535) throw makeError(realm, "RangeError", "invalid port");
      if ("target" in options) this.target = options.target;
      if (!network.hasRoute) throw makeError(realm, "Error", "connect error");
      this.#connection = network.connect(
        {
          address: this.#address,
          port: this.#port,
          nodelay: options.nodelay === undefined ? undefined : Boolean(options.nodelay),
        },
        {
          onConnected: () => this.#connected(),
          onData: (bytes) => this.#arrived(bytes),
          onAcknowledged: (byteLength) => this.#acknowledged(byteLength),
          onFinished: () => this.#over(),
          onFailed: () => {
            this.#connection = undefined;
            this.#over();
          },
        },
      );
    }

    get remoteAddress(): string {
      this.#validate();
      return this.#address;
    }

    get remotePort(): number {
      this.#validate();
      return this.#port;
    }

    get format(): TCPFormat {
      this.#validate();
      return this.#format;
    }

    set format(format: TCPFormat) {
      this.#validate();
      this.#format = formatOf(format);
    }

    read(byteLengthOrBuffer?: number | ArrayBufferLike | ArrayBufferView): number | ArrayBuffer | undefined {
      this.#validate();
      const available = this.#received.byteLength;
      if (available === 0) return undefined;
      if (this.#format === "number") {
        const byte = new Uint8Array(1);
        this.#take(byte);
        return byte[0];
      }
      if (byteLengthOrBuffer !== null && typeof byteLengthOrBuffer === "object")
        return this.#readInto(byteLengthOrBuffer);
      const byteLength =
        byteLengthOrBuffer === undefined ? available : Math.trunc(Number(byteLengthOrBuffer)) || 0;
      if (byteLength <= 0 || byteLength > available) throw makeError(realm, "Error", "invalid");
      const bytes = new Uint8Array(byteLength);
      this.#take(bytes);
      return copyToRealm(realm, bytes);
    }

    write(data: number | ArrayBufferLike | ArrayBufferView): number | undefined {
      this.#validate();
      if (!this.#isReady) throw makeError(realm, "Error", "not ready");
      if (this.#hasFailed || !this.#connection) return undefined;
      const bytes = this.#format === "number" ? Uint8Array.of(Number(data)) : bytesOf(realm, data);
      if (bytes.byteLength > this.#free) throw makeError(realm, "Error", "would block");
      this.#free -= bytes.byteLength;
      const free = this.#free;
      this.#connection.write(bytes);
      return free;
    }

    close(): void {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#isReady = false;
      this.#triggered = 0;
      this.#connection?.close();
      this.#connection = undefined;
    }

    #readInto(buffer: ArrayBufferLike | ArrayBufferView): number {
      const target = bytesOf(realm, buffer);
      if (target.byteLength === 0 || target.byteLength > this.#received.byteLength)
        throw makeError(realm, "Error", "invalid");
      this.#take(target);
      return target.byteLength;
    }

    #take(target: Uint8Array): void {
      this.#received.take(target);
      if (this.#received.byteLength === 0 && this.#hasFailed) this.#trigger(FAILED);
      this.#connection?.consumed(target.byteLength);
    }

    #validate(): void {
      if (this.#isClosed) throw closedError(realm);
    }

    #connected(): void {
      this.#isReady = true;
      this.#trigger(WRITABLE);
    }

    #arrived(bytes: Uint8Array): void {
      this.#received.push(bytes);
      if (this.#onReadable) this.#trigger(READABLE);
    }

    #acknowledged(byteLength: number): void {
      this.#free += byteLength;
      if (this.#onWritable && !this.#isOver) this.#trigger(WRITABLE);
    }

    #over(): void {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#trigger(FAILED);
    }

    /**
     * Callbacks are delivered together, in a later turn, as the board does. Like there, `onError` comes a second time when
     * the last bytes are read inside the `onReadable` that is delivered together with the failure, unless `close` is called.
     */
    #trigger(reason: number): void {
      if (this.#isClosed) return;
      if (this.#triggered === 0) clock.schedule(() => this.#deliver(), 0);
      this.#triggered |= reason;
    }

    #deliver(): void {
      try {
        this.#callBack();
      } catch (error) {
        onException(error);
      }
    }

    #callBack(): void {
      const triggered = this.#triggered;
      this.#triggered = 0;
      if (this.#isClosed || triggered === 0) return;
      if (triggered & FAILED) {
        this.#hasFailed = true;
        this.#isReady = false;
      }
      if (triggered & READABLE && this.#received.byteLength > 0)
        this.#onReadable?.call(this, this.#received.byteLength);
      if (this.#isClosed) return;
      if (this.#hasFailed) this.#deliverError();
      else if (triggered & WRITABLE) this.#onWritable?.call(this, this.#free);
    }

    /** Not before the last received byte has been read. */
    #deliverError(): void {
      if (this.#received.byteLength === 0) this.#onError?.call(this);
    }
  };
}

function rethrow(error: unknown): void {
  throw error;
}
