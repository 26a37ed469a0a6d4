import Timer from "timer";
import {
  BUFFER_FULL,
  CONNECTION_LOST,
  INVALID_STATE,
  type MQTTError,
  mqttError,
} from "../../../mqtt/mqtt-error";
import { integerIn, invalid } from "../../connection/connect-options";
import type { Socket } from "../../connection/connection";
import { WEBSOCKET_FAILED } from "../transport-error";

/** Bytes that may wait in the browser to be sent. */
const SEND_BUFFER = 65_536;
/** A WebSocket cannot make the broker wait: with so many bytes unread the connection is given up. */
const MAXIMUM_UNREAD = 16_777_216;
/** A WebSocket does not tell when it has sent: it is asked so often, ms. */
const POLL_INTERVAL = 10;
/** The only close code below 3,000 that a page may send (RFC 6455 section 7.4.1). */
const NORMAL_CLOSURE = 1000;
const OPEN = 1;

/** What is needed of the global WebSocket. */
interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: Uint8Array): void;
  close(code?: number): void;
}

type WebSocketClass = new (url: string, protocol: string) => WebSocketLike;

/** Options of {@link BrowserSocket}; those that are missing here it takes from `MQTTClient`. */
export interface BrowserSocketOptions {
  /** Begins with "/"; default "/mqtt". */
  path?: string;
  /** True: `wss`, which a page that came over https must use. Default false. */
  secure?: boolean;
  host?: string;
  port?: number;
  format?: "buffer";
  onReadable?: (this: BrowserSocket, count: number) => void;
  onWritable?: (this: BrowserSocket, count: number) => void;
  /** The connection is over. `error` is an MQTTError. */
  onError?: (this: BrowserSocket, error?: unknown) => void;
  target?: unknown;
}

/**
 * The browser's own WebSocket as a socket of the shape of ECMA-419 TCP, so that `MQTTClient` and `ReliableClient` run in a page:
 *
 * ```ts
 * new ReliableClient({ host: location.hostname, port: 8083, id, dns: { io: BrowserResolver }, socket: { io: BrowserSocket } });
 * ```
 */
export default class BrowserSocket implements Socket {
  /** The option `target`; without that option the property is missing. */
  declare target?: unknown;
  readonly #callbacks: Pick<BrowserSocketOptions, "onReadable" | "onWritable" | "onError">;
  readonly #socket: WebSocketLike;
  readonly #received: Uint8Array[] = [];
  /** Bytes received and not read. */
  #available = 0;
  #isClosed = false;
  /** The connection is over; the owner is told when it has read everything. */
  #end: MQTTError | undefined;
  /** Waits for the browser to send. */
  #poll: Timer | undefined;
  #deferred: Timer | undefined;

  /**
   * Begins to connect. No callback is called before the constructor has returned.
   * @throws {MQTTError} INVALID_OPTION, also where there is no global WebSocket; and what that throws, such as for a port it blocks
   */
  constructor(options: BrowserSocketOptions) {
    const { host, port = 80, path = "/mqtt", secure = false, format = "buffer", target } = options;
    const { onReadable, onWritable, onError } = options;
    const { WebSocket } = globalThis as { WebSocket?: WebSocketClass };
    if (!WebSocket) invalid("there is no global WebSocket here");
    if (typeof host !== "string" || host === "") invalid("host of the WebSocket is missing");
    if (typeof path !== "string" || path.charAt(0) !== "/") invalid(`path ${path} does not begin with /`);
    if (format !== "buffer") invalid(`format ${format} is not buffer`);
    if (target !== undefined) this.target = target;
    this.#callbacks = { onReadable, onWritable, onError } as BrowserSocketOptions;
    const authority = (host as string).includes(":") ? `[${host}]` : host;
    const socket = new WebSocket!(`${secure ? "wss" : "ws"}://${authority}:${port}${path}`, "mqtt");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#arrived(data);
    socket.onclose = ({ code, reason }) => this.#ended(code, reason);
    this.#socket = socket;
  }

  /** Always "buffer". */
  get format(): "buffer" {
    return "buffer";
  }

  set format(format: "buffer") {
    if (format !== "buffer") invalid(`format ${format} is not buffer`);
  }

  /**
   * Reads received bytes.
   * @param countOrBuffer - how many, at most as many as there are, or a buffer to fill as far as they reach; default all
   * @returns a new ArrayBuffer, or the number of bytes put into the buffer; `undefined` when there are none
   * @throws {MQTTError} INVALID_STATE after `close`, INVALID_OPTION
   */
  read(): ArrayBuffer | undefined;
  read(count: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array | ArrayBuffer): number | undefined;
  read(countOrBuffer?: number | Uint8Array | ArrayBuffer): ArrayBuffer | number | undefined {
    this.#validate();
    const available = this.#available;
    if (available === 0) return undefined;
    if (typeof countOrBuffer === "object") {
      const target = countOrBuffer instanceof Uint8Array ? countOrBuffer : new Uint8Array(countOrBuffer);
      return this.#take(target.subarray(0, available));
    }
    const bytes = new Uint8Array(
      countOrBuffer === undefined ? available : integerIn(countOrBuffer, 1, available, "count"),
    );
    this.#take(bytes);
    return bytes.buffer;
  }

  /**
   * Sends `data` as one binary message.
   * @returns bytes that may be written now
   * @throws {MQTTError} INVALID_STATE before the WebSocket is open and after `close`, BUFFER_FULL
   */
  write(data: Uint8Array | ArrayBuffer): number {
    this.#validate();
    if (this.#socket.readyState !== OPEN) throw mqttError(INVALID_STATE, "the WebSocket is not open");
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    const free = SEND_BUFFER - this.#socket.bufferedAmount;
    if (bytes.length > free)
      throw mqttError(
        BUFFER_FULL,
        `${bytes.length} bytes do not fit the WebSocket, which takes ${Math.max(0, free)}`,
      );
    this.#socket.send(bytes);
    this.#poll ??= Timer.repeat(() => this.#sent(), POLL_INTERVAL);
    return Math.max(0, SEND_BUFFER - this.#socket.bufferedAmount);
  }

  /** Allowed at any moment; no callback follows. What was written still goes out. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    Timer.clear(this.#poll);
    Timer.clear(this.#deferred);
    const socket = this.#socket;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(NORMAL_CLOSURE);
  }

  #validate(): void {
    if (this.#isClosed) throw mqttError(INVALID_STATE, "the WebSocket is closed");
  }

  #opened(): void {
    if (this.#socket.protocol !== "mqtt") {
      const detail = `the broker chose the subprotocol "${this.#socket.protocol}" instead of "mqtt" [MQTT-6.0.0-4]`;
      this.#fail(mqttError(WEBSOCKET_FAILED, detail));
    } else this.#callbacks.onWritable?.call(this, SEND_BUFFER);
  }

  #arrived(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      const detail = "the broker sent a text frame: MQTT is sent in binary frames [MQTT-6.0.0-1]";
      this.#fail(mqttError(WEBSOCKET_FAILED, detail));
    } else if (this.#available + data.byteLength > MAXIMUM_UNREAD)
      this.#fail(mqttError(BUFFER_FULL, `over ${MAXIMUM_UNREAD} bytes are unread`));
    else if (data.byteLength > 0) {
      this.#received.push(new Uint8Array(data));
      this.#available += data.byteLength;
      this.#callbacks.onReadable?.call(this, this.#available);
    }
  }

  /** Fills `target`, which is not longer than what is there. */
  #take(target: Uint8Array): number {
    let offset = 0;
    while (offset < target.length) {
      const chunk = this.#received[0]!;
      const part = chunk.subarray(0, target.length - offset);
      target.set(part, offset);
      offset += part.length;
      if (part.length === chunk.length) this.#received.shift();
      else this.#received[0] = chunk.subarray(part.length);
    }
    this.#available -= target.length;
    if (this.#end && this.#available === 0) this.#deferred ??= Timer.set(() => this.#report());
    return target.length;
  }

  #sent(): void {
    if (this.#socket.bufferedAmount > 0) return;
    Timer.clear(this.#poll);
    this.#poll = undefined;
    if (this.#socket.readyState === OPEN) this.#callbacks.onWritable?.call(this, SEND_BUFFER);
  }

  /** The browser keeps the reasons of most failures from the page: only the code is known. */
  #ended(code: number, reason: string): void {
    const detail = `the WebSocket was closed with code ${code}${reason === "" ? "" : `, ${reason}`}`;
    this.#end = mqttError(CONNECTION_LOST, detail);
    if (this.#available === 0) this.#report();
  }

  #report(): void {
    const error = this.#end!;
    this.close();
    this.#callbacks.onError?.call(this, error);
  }

  #fail(error: MQTTError): void {
    this.close();
    this.#callbacks.onError?.call(this, error);
  }
}
