import Timer from "timer";
import type { Socket } from "../../connection/connection";
import { FrameHeader } from "./frame";
import type { UpgradeResponse } from "./handshake";
import type WebSocketTransport from "./websocket-transport";
import type { WebSocketTransportOptions } from "./websocket-transport";

/** Waiting for the socket below. */
export const CONNECTING = 0;
/** The HTTP request has been sent. */
export const UPGRADING = 1;
export const OPEN = 2;
/** Nothing is left: no socket, no timer. */
export const CLOSED = 3;

type Callbacks = Pick<WebSocketTransportOptions, "onReadable" | "onWritable" | "onError">;

/** The state of one `WebSocketTransport`, which keeps it to itself. Plain fields, for the module functions that work on it. */
export class WebSocketState {
  /** `this` of the callbacks. */
  readonly owner: WebSocketTransport;
  readonly callbacks: Callbacks;
  readonly random: () => number;
  /** Where frames are made; before the WebSocket is open it holds a line of the server's answer. */
  readonly buffer: Uint8Array;
  readonly header: FrameHeader;
  /** For reading a single byte. */
  readonly byte: Uint8Array;
  state: number;
  socket: Socket | undefined;
  /** The HTTP request until it is sent, and the key that it contains. */
  request: Uint8Array | undefined;
  key: string;
  response: UpgradeResponse | undefined;
  /** Goes on receiving a turn later. */
  deferred: Timer | undefined;

  /** Bytes that the socket below holds. */
  readable: number;
  /** Payload of the current data frame that has not been read. */
  remaining: number;
  /** The part of it that the owner has been told of; nothing else is received before it is read. */
  announced: number;
  /** `receive` is running, perhaps further up the stack. */
  receiving: boolean;
  /** Payload of a control frame, and how much of it has arrived. */
  control: Uint8Array | undefined;
  controlEnd: number;

  /** Bytes that the socket below takes. */
  free: number;
  /** Payload of the Pong that could not be sent yet: of the last Ping (RFC 6455 section 5.5.3). */
  pong: Uint8Array | undefined;

  constructor(
    owner: WebSocketTransport,
    callbacks: Callbacks,
    bufferByteLength: number,
    random: () => number,
    request: Uint8Array,
    key: string,
  ) {
    this.owner = owner;
    this.callbacks = callbacks;
    this.random = random;
    this.buffer = new Uint8Array(bufferByteLength);
    this.header = new FrameHeader();
    this.byte = new Uint8Array(1);
    this.state = CONNECTING;
    this.socket = undefined;
    this.request = request;
    this.key = key;
    this.response = undefined;
    this.deferred = undefined;
    this.readable = 0;
    this.remaining = 0;
    this.announced = 0;
    this.receiving = false;
    this.control = undefined;
    this.controlEnd = 0;
    this.free = 0;
    this.pong = undefined;
  }
}

/** Gives back all that the WebSocket holds. No callback is called any more. */
export function release(state: WebSocketState): void {
  const { socket } = state;
  state.state = CLOSED;
  Timer.clear(state.deferred);
  state.deferred = undefined;
  state.socket = undefined;
  state.request = undefined;
  state.response = undefined;
  state.control = undefined;
  state.pong = undefined;
  state.announced = 0;
  socket!.close();
}

/** Ends the WebSocket and tells the owner. */
export function finish(state: WebSocketState, error?: unknown): void {
  if (state.state === CLOSED) return;
  release(state);
  state.callbacks.onError?.call(state.owner, error);
}
