/*
 * WebSocket frames (RFC 6455 section 5) without I/O: the header of an inbound one, byte by byte, and the whole of an outbound one.
 */

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** Status codes of a Close frame (RFC 6455 section 7.4.1). */
export const NORMAL_CLOSURE = 1000;
export const FRAME_ERROR = 1002;
export const UNSUPPORTED_DATA = 1003;

/** Longest payload of a control frame (RFC 6455 section 5.5). */
export const CONTROL_BYTE_LENGTH = 125;
/** Longest header of a frame that a client sends with a payload of at most 65,535 bytes. */
export const HEADER_BYTE_LENGTH = 8;
export const MAXIMUM_PAYLOAD = 65_535;

/** Reads the header of one frame after the other. It sees what a client may get: no mask, no extension, no text. */
export class FrameHeader {
  opcode: number;
  /** Of the frame; complete when `feed` has returned true. */
  payloadByteLength: number;
  /** What is wrong with the frame, or undefined; the connection must then be closed with `closeCode`. */
  error: string | undefined;
  closeCode: number;
  /** A message is under way: continuation frames, and no other data frame, may follow. */
  #fragmented = false;
  /** Bytes of the extended payload length that are still to come; -1 before the second byte, -2 before the first. */
  #missing = -2;

  constructor() {
    this.opcode = CONTINUATION;
    this.payloadByteLength = 0;
    this.error = undefined;
    this.closeCode = FRAME_ERROR;
  }

  get isControl(): boolean {
    return this.opcode >= CLOSE;
  }

  /** @returns true when the header is complete, or wrong: look at `error` */
  feed(byte: number): boolean {
    if (this.#missing === -2) this.#first(byte);
    else if (this.#missing === -1) this.#second(byte);
    else this.#extended(byte);
    if (this.error) return true;
    if (this.#missing !== 0) return false;
    this.#missing = -2;
    return true;
  }

  #first(byte: number): void {
    const opcode = byte & 0x0f;
    const isFinal = byte >= 0x80;
    this.#missing = -1;
    this.opcode = opcode;
    if (byte & 0x70) this.error = `a frame with reserved bits 0x${(byte & 0x70).toString(16)}`;
    else if (opcode > PONG || (opcode > BINARY && opcode < CLOSE))
      this.error = `a frame with the reserved opcode ${opcode}`;
    else if (this.isControl) {
      if (!isFinal) this.error = `a fragmented control frame, opcode ${opcode}`;
    } else if (opcode === TEXT) {
      this.closeCode = UNSUPPORTED_DATA;
      this.error = "a text frame: MQTT is sent in binary frames [MQTT-6.0.0-1]";
    } else if ((opcode === CONTINUATION) !== this.#fragmented)
      this.error = this.#fragmented
        ? "a new message in the middle of a fragmented one"
        : "a continuation frame with nothing to continue";
    else this.#fragmented = !isFinal;
  }

  #second(byte: number): void {
    const length = byte & 0x7f;
    this.payloadByteLength = length < 126 ? length : 0;
    this.#missing = length < 126 ? 0 : length === 126 ? 2 : 8;
    if (byte & 0x80) this.error = "a masked frame from a server";
    else if (this.isControl && length > CONTROL_BYTE_LENGTH)
      this.error = `a control frame of more than ${CONTROL_BYTE_LENGTH} bytes`;
  }

  #extended(byte: number): void {
    this.#missing -= 1;
    this.payloadByteLength = this.payloadByteLength * 256 + byte;
    if (this.payloadByteLength > Number.MAX_SAFE_INTEGER) this.error = "a frame of more than 2 ** 53 bytes";
  }
}

/**
 * Writes a final, masked frame at the beginning of `buffer`.
 * @param payload - the frame carries payload[start, end): at most 65,535 bytes, and HEADER_BYTE_LENGTH less than the buffer holds
 * @param mask - the masking key, any 32 bits
 * @returns the first byte after the frame
 */
export function writeFrame(
  buffer: Uint8Array,
  opcode: number,
  payload: Uint8Array,
  start: number,
  end: number,
  mask: number,
): number {
  const byteLength = end - start;
  buffer[0] = 0x80 | opcode;
  let position = 2;
  if (byteLength < 126) buffer[1] = 0x80 | byteLength;
  else {
    buffer[1] = 0x80 | 126;
    buffer[2] = byteLength >> 8;
    buffer[3] = byteLength;
    position = 4;
  }
  const key = position;
  for (let shift = 24; shift >= 0; shift -= 8) buffer[position++] = mask >> shift;
  for (let index = 0; index < byteLength; index++)
    buffer[position++] = payload[start + index]! ^ buffer[key + (index & 3)]!;
  return position;
}
