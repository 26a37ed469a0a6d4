import { BUFFER_FULL, mqttError } from "../../../mqtt/mqtt-error";
import { WEBSOCKET_FAILED } from "../transport-error";
import { BINARY, CLOSE, HEADER_BYTE_LENGTH, PONG, writeFrame } from "./frame";
import { UpgradeResponse } from "./handshake";
import { finish, OPEN, release, UPGRADING, type WebSocketState } from "./state";

/** Sends the HTTP request. */
export function sendUpgrade(state: WebSocketState): void {
  const request = state.request!;
  if (request.length > state.free) {
    const detail = `the HTTP request of ${request.length} bytes does not fit the socket, which takes ${state.free}`;
    finish(state, mqttError(WEBSOCKET_FAILED, detail));
    return;
  }
  state.request = undefined;
  state.response = new UpgradeResponse(state.key, state.buffer);
  state.state = UPGRADING;
  writeSocket(state, request);
}

function writeSocket(state: WebSocketState, bytes: Uint8Array): void {
  const free = state.socket!.write(bytes);
  state.free = typeof free === "number" ? free : Math.max(0, state.free - bytes.length);
}

/** Payload of the longest frame that the buffer holds. */
function frameCapacity(state: WebSocketState): number {
  return state.buffer.length - HEADER_BYTE_LENGTH;
}

/** Payload that may be written now, the headers of its frames allowed for. */
export function writableCount(state: WebSocketState): number {
  const { free, buffer } = state;
  const frames = Math.floor(free / buffer.length);
  const rest = free - frames * buffer.length;
  return frames * frameCapacity(state) + Math.max(0, rest - HEADER_BYTE_LENGTH);
}

/** Sends what waits, then tells the owner how much it may write. */
export function announceWritable(state: WebSocketState): void {
  const { pong } = state;
  if (pong) sendPong(state, pong);
  const count = writableCount(state);
  if (count > 0) state.callbacks.onWritable?.call(state.owner, count);
}

/** @throws {MQTTError} BUFFER_FULL, and then nothing has been sent */
export function writePayload(state: WebSocketState, data: Uint8Array): void {
  const count = writableCount(state);
  if (data.length > count)
    throw mqttError(BUFFER_FULL, `${data.length} bytes do not fit the WebSocket, which takes ${count}`);
  const capacity = frameCapacity(state);
  for (let start = 0; start < data.length; start += capacity)
    sendFrame(state, BINARY, data, start, Math.min(start + capacity, data.length));
}

/** The masking key is a random one for each frame (RFC 6455 section 5.3): proxies shall not be made to see requests in it. */
function sendFrame(
  state: WebSocketState,
  opcode: number,
  payload: Uint8Array,
  start: number,
  end: number,
): void {
  const { buffer } = state;
  const frameEnd = writeFrame(buffer, opcode, payload, start, end, state.random() * 0x1_0000_0000);
  writeSocket(state, buffer.subarray(0, frameEnd));
}

/** Sends a Pong with the payload of a Ping, now or as soon as the socket takes it. */
export function sendPong(state: WebSocketState, payload: Uint8Array): void {
  const fits = payload.length + HEADER_BYTE_LENGTH <= state.free;
  state.pong = fits ? undefined : payload;
  if (!fits) return;
  try {
    sendFrame(state, PONG, payload, 0, payload.length);
  } catch {
    // The broker's FIN came together with its Ping: the socket says so next.
  }
}

/** Sends a Close frame if the WebSocket is open, and gives everything back. No callback follows. */
export function closeWith(state: WebSocketState, code: number): void {
  if (state.state === OPEN && state.free >= HEADER_BYTE_LENGTH + 2) {
    try {
      sendFrame(state, CLOSE, Uint8Array.of(code >> 8, code), 0, 2);
    } catch {
      // The connection is lost already, and nobody misses the frame.
    }
  }
  release(state);
}
