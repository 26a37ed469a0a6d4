import { MAXIMUM_REMAINING_LENGTH } from "./limits";
import { assertInteger, INVALID_LENGTH } from "./mqtt-error";

/**
 * Bytes that a Remaining Length takes (MQTT 3.1.1 section 2.2.3).
 * @param value - 0 to 268,435,455
 * @returns 1 to 4
 * @throws {MQTTError} INVALID_LENGTH when `value` is out of range
 */
export function remainingLengthByteLength(value: number): number {
  if ((value & 0x7f) === value) return 1;
  assertInteger(value, 0, MAXIMUM_REMAINING_LENGTH, INVALID_LENGTH, "Remaining Length");
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}

/**
 * Writes a Remaining Length: seven bits a byte, least significant first, bit 7 set when more follow.
 * @param value - 0 to 268,435,455; the caller has checked it with `remainingLengthByteLength`
 * @returns the offset after the last byte written
 */
export function writeRemainingLength(buffer: Uint8Array, offset: number, value: number): number {
  while (value > 0x7f) {
    buffer[offset++] = value | 0x80;
    value >>>= 7;
  }
  buffer[offset++] = value;
  return offset;
}
