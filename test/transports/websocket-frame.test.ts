import { describe, expect, test } from "vitest";
import {
  BINARY,
  CLOSE,
  FRAME_ERROR,
  FrameHeader,
  HEADER_BYTE_LENGTH,
  PING,
  PONG,
  UNSUPPORTED_DATA,
  writeFrame,
} from "../../device/client/transports/websocket/frame";

/** Feeds whole headers. */
function read(...bytes: number[]): FrameHeader {
  const header = new FrameHeader();
  for (const byte of bytes) header.feed(byte);
  return header;
}

describe("the header of an inbound frame", () => {
  test.each([
    ["0 bytes", [0x82, 0], 0],
    ["125 bytes", [0x82, 125], 125],
    ["126 bytes", [0x82, 126, 0, 126], 126],
    ["256 bytes, RFC 6455 section 5.7", [0x82, 0x7e, 0x01, 0x00], 256],
    ["a Ping of 125 bytes", [0x89, 125], 125],
    ["65,536 bytes, RFC 6455 section 5.7", [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0], 65_536],
    ["2 ** 53 - 1 bytes", [0x82, 0x7f, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 2 ** 53 - 1],
  ])("of %s is complete with its last byte and not before", (_name, bytes, byteLength) => {
    const header = new FrameHeader();
    const complete = bytes.map((byte) => header.feed(byte));
    expect(complete).toEqual(bytes.map((_, index) => index === bytes.length - 1));
    expect(header).toMatchObject({
      opcode: bytes[0]! & 0x0f,
      payloadByteLength: byteLength,
      error: undefined,
    });
  });

  test("control frames may stand between the frames of a fragmented message", () => {
    const header = read(0x02, 1, 0x89, 0, 0x00, 1, 0x8a, 3);
    expect(header).toMatchObject({ opcode: PONG, payloadByteLength: 3, error: undefined });
    header.feed(0x80);
    header.feed(5);
    expect(header).toMatchObject({ opcode: 0, payloadByteLength: 5, error: undefined });
    header.feed(0x82);
    header.feed(0);
    expect(header.error).toBeUndefined();
  });

  test.each([
    ["a text frame [MQTT-6.0.0-1]", [0x81], "text frame", UNSUPPORTED_DATA],
    ["a reserved bit", [0xc2], "reserved bits 0x40", FRAME_ERROR],
    ["the reserved opcode 3", [0x83], "opcode 3", FRAME_ERROR],
    ["the reserved opcode 11", [0x8b], "opcode 11", FRAME_ERROR],
    ["a mask, which only clients use", [0x82, 0x85], "masked", FRAME_ERROR],
    ["a fragmented control frame", [0x09], "fragmented control", FRAME_ERROR],
    ["a control frame of 126 bytes", [0x89, 126], "more than 125", FRAME_ERROR],
    ["a continuation of nothing", [0x80], "nothing to continue", FRAME_ERROR],
    ["a new message inside a fragmented one", [0x02, 0, 0x82], "middle", FRAME_ERROR],
    ["2 ** 53 bytes", [0x82, 0x7f, 0, 0x20, 0, 0, 0, 0, 0, 0], "2 \\*\\* 53", FRAME_ERROR],
  ])("with %s is refused at that byte, with the code to close with", (_name, bytes, error, closeCode) => {
    const header = read(...bytes.slice(0, -1));
    expect(header.error).toBeUndefined();
    expect(header.feed(bytes.at(-1)!)).toBe(true);
    expect(header.error).toMatch(new RegExp(error));
    expect(header.closeCode).toBe(closeCode);
  });
});

describe("an outbound frame", () => {
  test("is the masked Hello of RFC 6455 section 5.7, but for its opcode", () => {
    const buffer = new Uint8Array(16);
    const end = writeFrame(buffer, BINARY, new TextEncoder().encode("Hello"), 0, 5, 0x37fa213d);
    expect([...buffer.subarray(0, end)]).toEqual([
      0x82, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ]);
  });

  test.each([
    [0, 6],
    [125, 6],
    [126, 8],
    [65_535, 8],
  ])(
    "of %i bytes has a header of %i, and unmasked it is the part that was given",
    (byteLength, headerByteLength) => {
      const payload = Uint8Array.from({ length: byteLength + 2 }, (_, index) => index & 0xff);
      const buffer = new Uint8Array(byteLength + HEADER_BYTE_LENGTH + 1).fill(0xee);
      const end = writeFrame(buffer, PING, payload, 1, byteLength + 1, 0xfedcba98);
      expect(end).toBe(byteLength + headerByteLength);
      expect(buffer[end]).toBe(0xee);
      const mask = buffer.subarray(headerByteLength - 4, headerByteLength);
      expect([...mask]).toEqual([0xfe, 0xdc, 0xba, 0x98]);
      const plain = buffer.subarray(headerByteLength, end).map((byte, index) => byte ^ mask[index & 3]!);
      expect(Buffer.compare(plain, payload.subarray(1, byteLength + 1))).toBe(0);
    },
  );

  test("says Close in its first byte", () => {
    const buffer = new Uint8Array(8);
    expect(writeFrame(buffer, CLOSE, Uint8Array.of(3, 0xe8), 0, 2, 0)).toBe(8);
    expect([...buffer]).toEqual([0x88, 0x82, 0, 0, 0, 0, 3, 0xe8]);
  });
});
