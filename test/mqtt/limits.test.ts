import { expect, it } from "vitest";
import {
  DEFAULT_HEADER_BYTE_LENGTH,
  MAXIMUM_KEEP_ALIVE,
  MAXIMUM_PACKET_BYTE_LENGTH,
  MAXIMUM_PACKET_IDENTIFIER,
  MAXIMUM_REMAINING_LENGTH,
  MAXIMUM_STRING_BYTE_LENGTH,
} from "../../device/mqtt/limits";

it("the largest Remaining Length is four bytes of seven bits, and the largest packet is that and five bytes", () => {
  expect(MAXIMUM_REMAINING_LENGTH).toBe(2 ** 28 - 1);
  expect(MAXIMUM_PACKET_BYTE_LENGTH).toBe(1 + 4 + MAXIMUM_REMAINING_LENGTH);
});

it("[MQTT-4.7.3-3] strings, identifiers and Keep Alive are numbers of two bytes", () => {
  expect(MAXIMUM_STRING_BYTE_LENGTH).toBe(0xffff);
  expect(MAXIMUM_PACKET_IDENTIFIER).toBe(0xffff);
  expect(MAXIMUM_KEEP_ALIVE).toBe(0xffff);
});

it("the reader keeps 256 bytes of a header unless told otherwise", () => {
  expect(DEFAULT_HEADER_BYTE_LENGTH).toBe(256);
});
