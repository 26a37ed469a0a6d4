import { describe, expect, it } from "vitest";
import {
  AUTH,
  CONNACK,
  PUBACK,
  PUBCOMP,
  PUBREC,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "../../../device/mqtt/control-packet";
import { INVALID_OPTION, PACKET_TOO_LARGE } from "../../../device/mqtt/mqtt-error";
import { FAILED, NEED_BYTES, PACKET, PUBLISH_HEADER, SKIPPED } from "../../../device/mqtt/packet-reader";
import { PacketReader } from "../../../device/mqtt/version-5/packet-reader";
import { disconnectReasonCode } from "../../../device/mqtt/version-5/reason-code";
import { readPackets } from "../../vectors/version-5/read-packets";

const pingResponse: readonly number[] = [0xd0, 0x00];
const after = { type: 13 };
const everyPiece: readonly number[][] = [[Number.POSITIVE_INFINITY], [1], [2], [3], [5, 1]];

/** PUBLISH to "a/b" with DUP, QoS 2, RETAIN, Packet Identifier 10, Content Type "x", payload of 3 bytes. */
const publish = Uint8Array.of(
  ...[0x3d, 0x0f, 0x00, 0x03, 0x61, 0x2f, 0x62, 0x00, 0x0a],
  ...[0x04, 0x03, 0x00, 0x01, 0x78],
  ...[0x01, 0x02, 0x03],
);

function feed(reader: PacketReader, ...bytes: number[]): number {
  return reader.feed(Uint8Array.from(bytes), 0, bytes.length);
}

describe("a packet over the Maximum Packet Size that was announced", () => {
  it.each([
    ["PUBLISH", [...publish]],
    ["CONNACK", [0x20, 0x03, 0x00, 0x00, 0x00]],
    ["PUBACK", [0x40, 0x02, 0x00, 0x01]],
    ["SUBACK", [0x90, 0x04, 0x00, 0x01, 0x00, 0x00]],
  ])("[MQTT-3.1.2-24] %s fails, for DISCONNECT 0x95", (_, bytes) => {
    const reader = new PacketReader({ maximumPacketByteLength: bytes.length - 1 });
    // Known with its length, before any of it is read.
    expect(feed(reader, ...bytes)).toBe(2);
    expect([reader.event, reader.error, reader.detail]).toEqual([
      FAILED,
      PACKET_TOO_LARGE,
      `packet type ${(bytes[0] as number) >> 4} of ${bytes.length} bytes`,
    ]);
    expect(disconnectReasonCode(reader.error)).toBe(0x95);
    const roomy = new PacketReader({ maximumPacketByteLength: bytes.length });
    feed(roomy, ...bytes);
    expect([PACKET, PUBLISH_HEADER]).toContain(roomy.event);
  });
});

describe("what does not fit the scratch", () => {
  it("properties that fit are kept, one byte more and the PUBLISH is skipped with its identifier", () => {
    for (const [length, expected] of [
      [8, { type: 3, packetIdentifier: 7, payload: [1, 2] }],
      [9, { skipped: 3, QoS: 1, packetIdentifier: 7, packetByteLength: 22, reasonCode: 0 }],
    ] as const) {
      const type = new Array(length).fill(0x74);
      const stream = Uint8Array.of(
        ...[0x32, length + 11, 0x00, 0x01, 0x61, 0x00, 0x07], // PUBLISH: QoS 1, topic "a", Packet Identifier 7
        ...[length + 3, 0x03, 0x00, length, ...type], // Content Type
        ...[0x01, 0x02],
        ...pingResponse,
      );
      for (const cuts of everyPiece)
        expect(readPackets(new PacketReader({ headerByteLength: 16 }), stream, cuts)).toMatchObject([
          expected,
          after,
        ]);
    }
  });

  it("a topic that fills it is kept, with properties it is skipped", () => {
    const reader = new PacketReader({ headerByteLength: 5 });
    feed(reader, 0x30, 0x06, 0x00, 0x03, 0x61, 0x2f, 0x62, 0x00);
    expect([reader.event, reader.topic, reader.payloadRemaining]).toEqual([PUBLISH_HEADER, "a/b", 0]);
    feed(reader, 0x30, 0x08, 0x00, 0x03, 0x61, 0x2f, 0x62, 0x02, 0x01, 0x00);
    expect([reader.event, reader.topic]).toEqual([SKIPPED, "a/b"]);
  });

  it("the topic of a PUBLISH skipped for its properties can be read", () => {
    const reader = new PacketReader({ headerByteLength: 4 });
    expect(feed(reader, 0x30, 0x06, 0x00, 0x01, 0x61, 0x02, 0x01, 0x00)).toBe(8);
    expect([reader.event, reader.topic, reader.properties.byteLength]).toEqual([SKIPPED, "a", 0]);
  });

  it("a topic of 65,535 bytes on a stranger's word is skipped without room for it", () => {
    const topic = new Array(65_535).fill(0x74);
    const stream = [0x32, 0x84, 0x80, 0x04, 0xff, 0xff].concat(topic, [0x00, 0x09, 0x00], pingResponse);
    const reader = new PacketReader();
    expect(readPackets(reader, Uint8Array.from(stream), [1000])).toEqual([
      { skipped: 3, QoS: 1, packetIdentifier: 9, packetByteLength: 65_544, reasonCode: 0 },
      after,
    ]);
    expect(reader.scratch.length).toBe(512);
  });

  it("properties of 268,435,447 bytes are begun to be skipped as soon as their length is known", () => {
    const reader = new PacketReader();
    expect(feed(reader, 0x30, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x01, 0x61, 0xf7, 0xff, 0xff, 0x7f)).toBe(12);
    expect([reader.event, reader.topic, reader.scratch.length]).toEqual([NEED_BYTES, "a", 512]);
    feed(reader, ...new Array(600).fill(0x26));
    expect([reader.event, reader.unread]).toEqual([NEED_BYTES, 268_435_448 - 600]);
  });

  it("at QoS 0 a topic that is too long is skipped with all that follows", () => {
    const stream = Uint8Array.of(0x30, 0x08, 0x00, 0x05, 0x74, 0x74, 0x74, 0x74, 0x74, 0x00, ...pingResponse);
    for (const cuts of everyPiece)
      expect(readPackets(new PacketReader({ headerByteLength: 4 }), stream, cuts)).toMatchObject([
        { skipped: 3, packetIdentifier: 0, packetByteLength: 10 },
        after,
      ]);
  });

  it("fails instead where the packet may tell an alias that later ones need", () => {
    const options = { headerByteLength: 6, topicAliasMaximum: 1 };
    for (const bytes of [
      [0x30, 0x09, 0x00, 0x01, 0x61, 0x05, 0x01, 0x01, 0x23, 0x00, 0x01],
      [0x30, 0x0a, 0x00, 0x05, 0x61, 0x61, 0x61, 0x61, 0x61, 0x03, 0x23, 0x00, 0x01],
    ]) {
      const reader = new PacketReader(options);
      feed(reader, ...bytes);
      expect([reader.event, reader.error, reader.detail]).toEqual([
        FAILED,
        PACKET_TOO_LARGE,
        "packet type 3 does not fit 6 bytes",
      ]);
    }
  });

  it.each([
    [CONNACK, [0x20, 0x06, 0x00, 0x00, 0x03, 0x13, 0x00, 0x00]],
    [AUTH, [0xf0, 0x06, 0x18, 0x04, 0x15, 0x00, 0x01, 0x4d]],
  ])("packet type %d fails: the connection cannot do without its properties", (type, bytes) => {
    const reader = new PacketReader({ headerByteLength: 4 });
    feed(reader, ...bytes);
    expect([reader.event, reader.error, reader.detail]).toEqual([
      FAILED,
      PACKET_TOO_LARGE,
      `packet type ${type} does not fit 4 bytes`,
    ]);
    const roomy = new PacketReader({ headerByteLength: 6 });
    feed(roomy, ...bytes);
    expect(roomy.event).toBe(PACKET);
  });

  it.each([
    [PUBACK, 9, 0x10, [0x40, 0x07, 0x00, 0x09, 0x10, 0x03, 0x1f, 0x00, 0x00]],
    [PUBREC, 9, 0x97, [0x50, 0x07, 0x00, 0x09, 0x97, 0x03, 0x1f, 0x00, 0x00]],
    [PUBREL, 9, 0x92, [0x62, 0x07, 0x00, 0x09, 0x92, 0x03, 0x1f, 0x00, 0x00]],
    [PUBCOMP, 9, 0x92, [0x70, 0x07, 0x00, 0x09, 0x92, 0x03, 0x1f, 0x00, 0x00]],
    [SUBACK, 9, 0x00, [0x90, 0x06, 0x00, 0x09, 0x00, 0x80, 0x80, 0x80]],
    [SUBACK, 9, 0x00, [0x90, 0x09, 0x00, 0x09, 0x05, 0x1f, 0x00, 0x02, 0x6e, 0x6f, 0x80]],
    [UNSUBACK, 9, 0x00, [0xb0, 0x06, 0x00, 0x09, 0x00, 0x80, 0x80, 0x80]],
    [UNSUBACK, 9, 0x00, [0xb0, 0x09, 0x00, 0x09, 0x05, 0x1f, 0x00, 0x02, 0x6e, 0x6f, 0x80]],
    [14, 0, 0x8b, [0xe0, 0x05, 0x8b, 0x03, 0x1f, 0x00, 0x00]],
  ])(
    "packet type %d is skipped, and tells Packet Identifier %d and Reason Code %d",
    (skipped, packetIdentifier, reasonCode, bytes) => {
      for (const cuts of everyPiece)
        expect(
          readPackets(
            new PacketReader({ headerByteLength: 4 }),
            Uint8Array.of(...bytes, ...pingResponse),
            cuts,
          ),
        ).toMatchObject([{ skipped, packetIdentifier, reasonCode, packetByteLength: bytes.length }, after]);
    },
  );

  it("what is skipped is still checked as far as it is read", () => {
    for (const [detail, bytes] of [
      ["packet type 4 with Packet Identifier 0", [0x40, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00]],
      ["packet type 4 with Reason Code 1", [0x40, 0x06, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00]],
      ["packet type 14 with Reason Code 4", [0xe0, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00]],
    ] as const) {
      const reader = new PacketReader({ headerByteLength: 4 });
      feed(reader, ...bytes);
      expect([reader.event, reader.detail]).toEqual([FAILED, detail]);
    }
  });

  it.each([3, 0, 4.5])("a scratch of %d bytes is refused", (headerByteLength) => {
    expect(() => new PacketReader({ headerByteLength })).toThrow(
      expect.objectContaining({ code: INVALID_OPTION }),
    );
  });
});
