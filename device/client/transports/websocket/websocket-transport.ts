import { INVALID_STATE, mqttError } from "../../../mqtt/mqtt-error";
import { integerIn, invalid } from "../../connection/connect-options";
import type { Socket } from "../../connection/connection";
import type { IOOptions } from "../../mqtt-client-options";
import { HEADER_BYTE_LENGTH, MAXIMUM_PAYLOAD, NORMAL_CLOSURE } from "./frame";
import { makeKey, upgradeRequest } from "./handshake";
import { readPayload, receive, socketLost } from "./receive";
import { CLOSED, CONNECTING, OPEN, WebSocketState } from "./state";
import { announceWritable, closeWith, sendUpgrade, writableCount, writePayload } from "./transmit";

/** Options of {@link WebSocketTransport}; those that are missing here it takes from `MQTTClient`. */
export interface WebSocketTransportOptions {
  /** The socket below, and its options: TCP, or TLS for `wss`. */
  socket: IOOptions;
  /** Begins with "/"; default "/mqtt". Mosquitto takes any, EMQX and HiveMQ this one. */
  path?: string;
  /** Further headers of the HTTP request, such as Authorization. */
  headers?: ReadonlyMap<string, string>;
  /**
   * Bytes of the one buffer in which frames are made, 128 to 65,543; default 264, which takes the 256 of `MQTTClient` with a
   * header. What is written in one call becomes one frame and one write to the socket below, if it fits; else several.
   */
  bufferByteLength?: number;
  /** Source of keys and masks, 0 to 1; default `Math.random`. */
  random?: () => number;
  address?: string;
  host?: string;
  port?: number;
  format?: "buffer";
  onReadable?: (this: WebSocketTransport, count: number) => void;
  onWritable?: (this: WebSocketTransport, count: number) => void;
  /** The connection is over. `error` is an MQTTError where more than that is known. */
  onError?: (this: WebSocketTransport, error?: unknown) => void;
  target?: unknown;
}

/**
 * MQTT over WebSocket (RFC 6455; MQTT 3.1.1 section 6) as a socket of the shape of ECMA-419 TCP, for `MQTTClient`:
 *
 * ```ts
 * socket: { io: WebSocketTransport, path: "/mqtt", socket: { io: TCP } }
 * ```
 *
 * Sends masked binary frames out of one buffer. Received payload is not kept here: it goes from the socket below straight to
 * whoever reads, whatever the frames and the chunks are, and only a control frame of at most 125 bytes is ever collected.
 */
export default class WebSocketTransport implements Socket {
  /** The option `target`; without that option the property is missing. */
  declare target?: unknown;
  readonly #state: WebSocketState;

  /**
   * Begins to connect. No callback is called before the constructor has returned.
   * @throws {MQTTError} INVALID_OPTION, and what the socket below throws
   */
  constructor(options: WebSocketTransportOptions) {
    const { socket, path = "/mqtt", address, port = 80, format = "buffer", random = Math.random } = options;
    const { onReadable, onWritable, onError, headers, target, host = address } = options;
    if (typeof socket?.io !== "function") invalid("socket of the WebSocket has no class as io");
    if (typeof host !== "string") invalid("host of the WebSocket is missing");
    if (format !== "buffer") invalid(`format ${format} is not buffer`);
    const bufferByteLength = integerIn(
      options.bufferByteLength ?? 256 + HEADER_BYTE_LENGTH,
      128,
      MAXIMUM_PAYLOAD + HEADER_BYTE_LENGTH,
      "bufferByteLength",
    );
    if (target !== undefined) this.target = target;
    const key = makeKey(random);
    const request = upgradeRequest(host as string, port, path, key, headers);
    const callbacks = { onReadable, onWritable, onError } as WebSocketState["callbacks"];
    const state = new WebSocketState(this, callbacks, bufferByteLength, random, request, key);
    this.#state = state;
    state.socket = new socket.io({
      ...socket,
      address,
      host,
      port,
      nodelay: true,
      noDelay: true,
      format: "buffer",
      // Not functions with a `target`: a socket over another, as the SDK's TLSSocket, calls them without `this`.
      onReadable: (count: number) => readable(state, count),
      onWritable: (count: number) => writable(state, count),
      onError: (error?: unknown) => socketLost(state, error),
    });
  }

  /** Always "buffer". */
  get format(): "buffer" {
    return "buffer";
  }

  set format(format: "buffer") {
    if (format !== "buffer") invalid(`format ${format} is not buffer`);
  }

  /**
   * Reads received payload.
   * @param countOrBuffer - bytes to read, at most as many as were announced, or a buffer to fill as far as they reach; default all
   * @returns a new ArrayBuffer, or the number of bytes put into the buffer; `undefined` when there are none
   * @throws {MQTTError} INVALID_STATE after `close`, INVALID_OPTION
   */
  read(): ArrayBuffer | undefined;
  read(count: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array | ArrayBuffer): number | undefined;
  read(countOrBuffer?: number | Uint8Array | ArrayBuffer): ArrayBuffer | number | undefined {
    const state = openState(this.#state);
    const { announced } = state;
    if (announced === 0) return undefined;
    if (typeof countOrBuffer === "object") {
      const target = countOrBuffer instanceof Uint8Array ? countOrBuffer : new Uint8Array(countOrBuffer);
      return readPayload(state, target.length > announced ? target.subarray(0, announced) : target);
    }
    const bytes = new Uint8Array(
      countOrBuffer === undefined ? announced : integerIn(countOrBuffer, 1, announced, "count"),
    );
    readPayload(state, bytes);
    return bytes.buffer;
  }

  /**
   * Sends `data` as one binary frame, or as several where it does not fit the buffer.
   * @returns bytes that may be written now
   * @throws {MQTTError} INVALID_STATE before the WebSocket is open and after `close`, BUFFER_FULL when the socket below is full
   */
  write(data: Uint8Array | ArrayBuffer): number {
    const state = openState(this.#state);
    if (state.state !== OPEN) throw mqttError(INVALID_STATE, "the WebSocket is not open");
    writePayload(state, data instanceof Uint8Array ? data : new Uint8Array(data));
    return writableCount(state);
  }

  /** Sends a Close frame where one may be sent, and closes the socket below. Allowed at any moment; no callback follows. */
  close(): void {
    if (this.#state.state !== CLOSED) closeWith(this.#state, NORMAL_CLOSURE);
  }
}

function openState(state: WebSocketState): WebSocketState {
  if (state.state === CLOSED) throw mqttError(INVALID_STATE, "the WebSocket is closed");
  return state;
}

function readable(state: WebSocketState, count: number): void {
  if (state.state === CLOSED) return;
  state.readable = count;
  receive(state);
}

function writable(state: WebSocketState, count: number): void {
  state.free = count;
  if (state.state === CONNECTING) sendUpgrade(state);
  else if (state.state === OPEN) announceWritable(state);
}
