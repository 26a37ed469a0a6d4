import { MAXIMUM_STRING_BYTE_LENGTH } from "./limits";
import { INVALID_STRING, mqttError } from "./mqtt-error";

interface TextEncoding {
  TextEncoder: new () => { encode(text: string): Uint8Array };
  TextDecoder: new (label: string, options: { ignoreBOM: boolean }) => { decode(bytes: Uint8Array): string };
}

/**
 * Encodes text as the fields of MQTT packets carry it: two bytes of length, then UTF-8 (MQTT 3.1.1 section 1.5.3).
 * @param code - usage error to throw, INVALID_STRING unless the caller knows better
 * @returns 2 to 65,537 bytes
 * @throws {MQTTError} `code` when the text takes more than 65,535 bytes, has U+0000 or an unpaired surrogate
 */
export function encodeString(text: string, code: number = INVALID_STRING): Uint8Array {
  const encoded = encodeText(text, code);
  // [MQTT-1.5.3-2]; isValidUTF8 has no objection to it, and no other character has a zero byte.
  if (encoded.indexOf(0) >= 0) throw mqttError(code, "text has U+0000");
  return prefix(encoded, code);
}

/**
 * Encodes a binary field (Will Message, Password): two bytes of length, then the bytes; text as UTF-8.
 * @returns 2 to 65,537 bytes
 * @throws {MQTTError} INVALID_STRING when the data takes more than 65,535 bytes, or text has an unpaired surrogate
 */
export function encodeBinary(data: ArrayBuffer | Uint8Array | string): Uint8Array {
  if (typeof data === "string") return prefix(encodeText(data, INVALID_STRING), INVALID_STRING);
  return prefix(ArrayBuffer.isView(data) ? data : new Uint8Array(data), INVALID_STRING);
}

/**
 * Whether bytes[start, end) is well-formed UTF-8: nothing overlong, no surrogates, nothing past U+10FFFF
 * ([MQTT-1.5.3-1], RFC 3629). U+FEFF and noncharacters are allowed, and so is U+0000: who reads a string
 * (not a payload) refuses it besides ([MQTT-1.5.3-2]).
 */
export function isValidUTF8(bytes: Uint8Array, start: number, end: number): boolean {
  while (start < end) {
    start = bytes[start]! < 0x80 ? start + 1 : sequenceEnd(bytes, start, end);
    if (start === 0) return false;
  }
  return true;
}

/** Decodes bytes[start, end), which must be valid UTF-8. A U+FEFF at the start is kept ([MQTT-1.5.3-3]). */
export function decodeString(bytes: Uint8Array, start: number, end: number): string {
  if (String.fromArrayBuffer as unknown) {
    // XS takes an ArrayBuffer only.
    const offset = bytes.byteOffset;
    return String.fromArrayBuffer((bytes.buffer as ArrayBuffer).slice(offset + start, offset + end));
  }
  const { TextDecoder } = globalThis as unknown as TextEncoding;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
}

/** Where the character of two to four bytes at `start` ends; 0 when it is ill-formed (RFC 3629 section 3). */
function sequenceEnd(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start++]!;
  // With 0xC0 and 0xC1 it would be overlong, with 0xF5 and more past the last.
  if (first < 0xc2 || first > 0xf4) return 0;
  let following = 1;
  let minimum = 0; // Smaller characters fit fewer bytes: this would be overlong.
  if (first >= 0xe0) {
    following = first < 0xf0 ? 2 : 3;
    minimum = first < 0xf0 ? 0x800 : 0x1_0000;
  }
  let character = first & (0x3f >> following);
  while (following-- > 0) {
    const next = start < end ? bytes[start++]! : 0;
    if (next >> 6 !== 2) return 0;
    character = (character << 6) | (next & 0x3f);
  }
  // Surrogates are U+D800 to U+DFFF.
  return character < minimum || character > 0x10_ffff || character >> 11 === 0x1b ? 0 : start;
}

function encodeText(text: string, code: number): Uint8Array {
  let encoded: Uint8Array;
  let lossless = false;
  // XS has no TextEncoder, browsers and Node have no fromString. Looked up at each call: preloaded modules keep nothing.
  if (ArrayBuffer.fromString as unknown) {
    encoded = new Uint8Array(ArrayBuffer.fromString(text));
    // XS keeps U+0000 as 0xC0 0x80, so that its strings can end with 0; UTF-8 has no byte 0xC0.
    lossless = encoded.indexOf(0xc0) >= 0;
    if (lossless) encoded = withNulls(encoded);
  } else encoded = new (globalThis as unknown as TextEncoding).TextEncoder().encode(text);
  // XS writes an unpaired surrogate as three bytes that are no UTF-8; TextEncoder puts U+FFFD in its place,
  // which only the way back brings to light.
  const valid = isValidUTF8(encoded, 0, encoded.length);
  if (!valid || !(lossless || decodeString(encoded, 0, encoded.length) === text))
    throw mqttError(code, "text has an unpaired surrogate");
  return encoded;
}

/** Bytes 0xC0 0x80 as one 0. */
function withNulls(encoded: Uint8Array): Uint8Array {
  let end = 0;
  for (let index = 0; index < encoded.length; index++) {
    const byte = encoded[index]!;
    encoded[end++] = byte === 0xc0 ? 0 : byte;
    if (byte === 0xc0) index++;
  }
  return encoded.subarray(0, end);
}

function prefix(data: Uint8Array, code: number): Uint8Array {
  const byteLength = data.length;
  if (byteLength > MAXIMUM_STRING_BYTE_LENGTH)
    throw mqttError(code, `${byteLength} bytes are over ${MAXIMUM_STRING_BYTE_LENGTH}`);
  const bytes = new Uint8Array(2 + byteLength);
  bytes[0] = byteLength >> 8;
  bytes[1] = byteLength;
  bytes.set(data, 2);
  return bytes;
}
