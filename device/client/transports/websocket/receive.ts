import Timer from "timer";
import { CONNECTION_LOST, mqttError } from "../../../mqtt/mqtt-error";
import { decodeString, isValidUTF8 } from "../../../mqtt/utf8-string";
import { WEBSOCKET_FAILED } from "../transport-error";
import { CLOSE, FRAME_ERROR, NORMAL_CLOSURE, PING } from "./frame";
import { finish, OPEN, UPGRADING, type WebSocketState } from "./state";
import { announceWritable, closeWith, sendPong } from "./transmit";

/**
 * Acts on what the socket below holds, until nothing is left or the owner has payload to read. Called again from inside a
 * callback it returns at once: the call further up the stack goes on.
 */
export function receive(state: WebSocketState): void {
  if (state.receiving) return;
  state.receiving = true;
  try {
    // More of a frame that the owner has not read to its end.
    announce(state);
    while (mayReceive(state)) step(state);
  } finally {
    state.receiving = false;
  }
}

function mayReceive(state: WebSocketState): boolean {
  return state.readable > 0 && state.announced === 0 && (state.state === OPEN || state.state === UPGRADING);
}

function step(state: WebSocketState): void {
  if (state.state === UPGRADING) readResponse(state);
  else if (state.control) readControl(state, state.control);
  else if (state.remaining > 0) announce(state);
  else readHeader(state);
}

function announce(state: WebSocketState): void {
  const count = Math.min(state.remaining, state.readable);
  if (count === state.announced) return;
  state.announced = count;
  state.callbacks.onReadable?.call(state.owner, count);
}

function readSocket(state: WebSocketState, target: Uint8Array): void {
  state.socket!.read(target);
  state.readable -= target.length;
}

function readByte(state: WebSocketState): number {
  readSocket(state, state.byte);
  return state.byte[0]!;
}

/** Reads announced payload into `target`, which is not longer than it. */
export function readPayload(state: WebSocketState, target: Uint8Array): number {
  readSocket(state, target);
  state.remaining -= target.length;
  state.announced -= target.length;
  // Inside onReadable `receive` goes on by itself.
  if (state.announced === 0 && state.readable > 0 && !state.receiving)
    state.deferred ??= Timer.set(() => {
      state.deferred = undefined;
      receive(state);
    });
  return target.length;
}

function readResponse(state: WebSocketState): void {
  const response = state.response!;
  if (!response.feed(readByte(state))) return;
  const { error, status } = response;
  state.response = undefined;
  if (error) {
    const detail = `the broker did not open a WebSocket: ${error}`;
    finish(state, mqttError(WEBSOCKET_FAILED, detail, status === 101 || status === 0 ? undefined : status));
    return;
  }
  state.state = OPEN;
  announceWritable(state);
}

function readHeader(state: WebSocketState): void {
  const { header } = state;
  if (!header.feed(readByte(state))) return;
  if (header.error) fail(state, header.closeCode, header.error);
  else if (header.isControl) {
    state.control = new Uint8Array(header.payloadByteLength);
    state.controlEnd = 0;
    if (header.payloadByteLength === 0) endControl(state, state.control);
  } else state.remaining = header.payloadByteLength;
}

function readControl(state: WebSocketState, control: Uint8Array): void {
  const end = Math.min(control.length, state.controlEnd + state.readable);
  readSocket(state, control.subarray(state.controlEnd, end));
  state.controlEnd = end;
  if (end === control.length) endControl(state, control);
}

function endControl(state: WebSocketState, control: Uint8Array): void {
  const { opcode } = state.header;
  state.control = undefined;
  if (opcode === PING) sendPong(state, control);
  else if (opcode === CLOSE) closed(state, control);
}

/** The broker closes: the answer is a Close frame with its code (RFC 6455 section 5.5.1), then there is no connection any more. */
function closed(state: WebSocketState, payload: Uint8Array): void {
  if (payload.length === 1 || !isValidUTF8(payload, 2, payload.length)) {
    fail(state, FRAME_ERROR, "a malformed Close frame");
    return;
  }
  const code = payload.length === 0 ? NORMAL_CLOSURE : (payload[0]! << 8) | payload[1]!;
  const reason = payload.length > 2 ? `, ${decodeString(payload, 2, payload.length)}` : "";
  end(state, code, CONNECTION_LOST, `the broker closed the WebSocket with code ${code}${reason}`);
}

function fail(state: WebSocketState, closeCode: number, what: string): void {
  end(state, closeCode, WEBSOCKET_FAILED, `the broker sent ${what}`);
}

function end(state: WebSocketState, closeCode: number, code: number, detail: string): void {
  const { callbacks, owner } = state;
  closeWith(state, closeCode);
  callbacks.onError?.call(owner, mqttError(code, detail));
}

/** The socket below is at its end. */
export function socketLost(state: WebSocketState, error: unknown): void {
  if (error === undefined && state.state === UPGRADING)
    finish(
      state,
      mqttError(WEBSOCKET_FAILED, "the broker closed the connection instead of opening a WebSocket"),
    );
  else finish(state, error);
}
