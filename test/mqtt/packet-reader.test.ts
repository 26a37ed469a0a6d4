import { describe, expect, it } from "vitest";
import { CONNACK, PUBACK, PUBLISH, SUBACK } from "../../device/mqtt/control-packet";
import { INVALID_LENGTH, INVALID_OPTION, MALFORMED_PACKET } from "../../device/mqtt/mqtt-error";
import {
  FAILED,
  NEED_BYTES,
  PACKET,
  PAYLOAD,
  PacketReader,
  PUBLISH_HEADER,
  SKIPPED,
} from "../../device/mqtt/packet-reader";
import { encodeTopicName } from "../../device/mqtt/topic";
import { readPackets } from "../vectors/read-packets";

/** PUBLISH to "a/b" with DUP, QoS 2 and RETAIN, Packet Identifier 10, payload of 3 bytes. */
const publish = Uint8Array.of(0x3d, 0x0a, 0x00, 0x03, 0x61, 0x2f, 0x62, 0x00, 0x0a, 0x01, 0x02, 0x03);
const pingResponse: readonly number[] = [0xd0, 0x00];
const everyPiece: readonly number[][] = [[Number.POSITIVE_INFINITY], [1], [2], [3], [5, 1]];

describe("reading a PUBLISH", () => {
  it("gives the header first, then the payload piece by piece as it comes", () => {
    const reader = new PacketReader();
    expect(reader.feed(publish, 0, 6)).toBe(6);
    expect(reader.event).toBe(NEED_BYTES);
    expect(reader.feed(publish, 6, 11)).toBe(9);
    expect(reader.event).toBe(PUBLISH_HEADER);
    expect(reader.type).toBe(PUBLISH);
    expect([reader.QoS, reader.retain, reader.duplicate]).toEqual([2, true, true]);
    expect([reader.packetIdentifier, reader.topic, reader.topicByteLength]).toEqual([10, "a/b", 3]);
    expect([reader.payloadByteLength, reader.payloadRemaining]).toEqual([3, 3]);
    expect(reader.packetByteLength).toBe(12);
    expect(reader.feed(publish, 9, 11)).toBe(11);
    expect([reader.event, reader.payloadRemaining]).toEqual([PAYLOAD, 1]);
    expect(reader.feed(publish, 11, 11)).toBe(11);
    expect([reader.event, reader.payloadRemaining]).toEqual([NEED_BYTES, 1]);
    expect(reader.feed(publish, 11, 12)).toBe(12);
    expect([reader.event, reader.payloadRemaining, reader.payloadByteLength]).toEqual([PAYLOAD, 0, 3]);
  });

  it("[MQTT-3.3.1-10] without payload is complete with its header, and the next packet follows", () => {
    // Moddable's client waits for ever here.
    const reader = new PacketReader();
    const bytes = Uint8Array.of(0x31, 0x03, 0x00, 0x01, 0x61, ...pingResponse);
    expect(reader.feed(bytes, 0, 7)).toBe(5);
    expect([reader.event, reader.payloadRemaining, reader.payloadByteLength]).toEqual([PUBLISH_HEADER, 0, 0]);
    expect(reader.feed(bytes, 5, 7)).toBe(7);
    expect(reader.event).toBe(PACKET);
  });

  it("keeps the topic while the payload passes, although the receive buffer is used again", () => {
    const reader = new PacketReader();
    const buffer = publish.slice();
    reader.feed(buffer, 0, 10);
    buffer.fill(0xff);
    expect(reader.topic).toBe("a/b");
    reader.feed(buffer, 9, 12);
    expect([reader.topic, reader.QoS, reader.packetIdentifier]).toEqual(["a/b", 2, 10]);
  });

  it("compares the topic without decoding it", () => {
    const reader = new PacketReader();
    reader.feed(publish, 0, publish.length);
    expect(reader.topicEquals(encodeTopicName("a/b"))).toBe(true);
    for (const other of ["a/c", "b/b", "a/bc", "a", "a+b".replace("+", ".")])
      expect(reader.topicEquals(encodeTopicName(other))).toBe(false);
  });

  it("lets its owner take the payload past it", () => {
    const reader = new PacketReader();
    reader.feed(publish, 0, publish.length);
    expect(() => reader.takePayload(4)).toThrow(
      expect.objectContaining({ code: INVALID_LENGTH, message: "count 4 is not 0 to 3" }),
    );
    expect(() => reader.takePayload(-1)).toThrow(expect.objectContaining({ code: INVALID_LENGTH }));
    reader.takePayload(1);
    expect(reader.payloadRemaining).toBe(2);
    expect(reader.feed(publish, 10, 11)).toBe(11);
    expect([reader.event, reader.payloadRemaining]).toEqual([PAYLOAD, 1]);
    reader.takePayload(1);
    expect(reader.payloadRemaining).toBe(0);
    expect(reader.feed(Uint8Array.from(pingResponse), 0, 2)).toBe(2);
    expect(reader.event).toBe(PACKET);
    reader.takePayload(0);
    expect(() => reader.takePayload(1)).toThrow(expect.objectContaining({ code: INVALID_LENGTH }));
  });

  it("whose owner took a part of the payload ends where it would have ended", () => {
    const stream = Uint8Array.of(...publish, ...pingResponse);
    const reader = new PacketReader();
    expect(reader.feed(stream, 0, stream.length)).toBe(9);
    reader.takePayload(1);
    expect(reader.feed(stream, 10, stream.length)).toBe(12);
    expect([reader.event, reader.payloadRemaining]).toEqual([PAYLOAD, 0]);
  });

  it("has no payload to take before its header is complete, nor has another packet at any time", () => {
    const suback = Uint8Array.of(0x90, 0x04, 0x00, 0x09, 0x80, 0x02);
    for (const [packet, headerByteLength] of [
      [publish, 9],
      [suback, suback.length + 1],
    ] as const)
      for (let length = 0; length < headerByteLength; length++) {
        const reader = new PacketReader();
        reader.feed(packet, 0, length);
        expect(reader.payloadRemaining).toBe(0);
        expect(() => reader.takePayload(1)).toThrow(expect.objectContaining({ code: INVALID_LENGTH }));
      }
  });

  it("is not disturbed by an owner who takes nothing, wherever it stands", () => {
    const stream = Uint8Array.of(...publish, 0x31, 0x03, 0x00, 0x01, 0x61, ...pingResponse);
    const events: number[] = [];
    const reader = new PacketReader();
    for (let start = 0; start < stream.length; start++) {
      reader.feed(stream, start, start + 1);
      reader.takePayload(0);
      if (reader.event !== NEED_BYTES) events.push(reader.event);
    }
    expect(events).toEqual([PUBLISH_HEADER, PAYLOAD, PAYLOAD, PAYLOAD, PUBLISH_HEADER, PACKET]);
    reader.feed(Uint8Array.of(0x00), 0, 1);
    reader.takePayload(0);
    reader.feed(Uint8Array.from(pingResponse), 0, 2);
    expect(reader.event).toBe(FAILED);
  });

  it.each([
    [2_097_151, [0x30, 0xff, 0xff, 0x7f]],
    [2_097_152, [0x30, 0x80, 0x80, 0x80, 0x01]],
    [268_435_455, [0x30, 0xff, 0xff, 0xff, 0x7f]],
  ])("of Remaining Length %d announces its payload and keeps nothing of it", (length, header) => {
    const reader = new PacketReader();
    const bytes = Uint8Array.of(...header, 0x00, 0x01, 0x61, 0x2a);
    reader.feed(bytes, 0, bytes.length);
    expect([reader.event, reader.payloadRemaining]).toEqual([PUBLISH_HEADER, length - 3]);
    expect(reader.packetByteLength).toBe(header.length + length);
    reader.takePayload(length - 4);
    reader.feed(bytes, bytes.length - 1, bytes.length);
    expect([reader.event, reader.payloadRemaining]).toEqual([PAYLOAD, 0]);
  });

  it("accepts a Remaining Length in more bytes than it needs, which 3.1.1 does not forbid", () => {
    const stream = Uint8Array.of(0x40, 0x82, 0x80, 0x80, 0x00, 0x00, 0x05, ...pingResponse);
    for (const cuts of everyPiece)
      expect(readPackets(new PacketReader(), stream, cuts)).toEqual([
        { type: PUBACK, packetIdentifier: 5 },
        { type: 13 },
      ]);
  });
});

describe("other packets", () => {
  it("a refused CONNACK that claims a session is reported with its return code", () => {
    // [MQTT-3.2.2-4] binds the server; the reason for the refusal is worth more than the reproach.
    const reader = new PacketReader();
    reader.feed(Uint8Array.of(0x20, 0x02, 0x01, 0x05), 0, 4);
    expect([reader.event, reader.type, reader.sessionPresent, reader.returnCode]).toEqual([
      PACKET,
      CONNACK,
      true,
      5,
    ]);
  });

  it("the return codes of a SUBACK are the first bytes of what it gives", () => {
    const reader = new PacketReader();
    reader.feed(Uint8Array.of(0x90, 0x04, 0x00, 0x09, 0x80, 0x02), 0, 6);
    expect([reader.event, reader.type, reader.packetIdentifier]).toEqual([PACKET, SUBACK, 9]);
    expect([...reader.returnCodes.subarray(0, reader.returnCodeCount)]).toEqual([0x80, 0x02]);
  });
});

describe("limits", () => {
  const after = { type: 13 };

  it("a topic that fits is kept, one byte more is skipped with its identifier, and the next packet is read", () => {
    for (const [topicByteLength, expected] of [
      [12, { type: 3, packetIdentifier: 7, topic: "t".repeat(12), payload: [1, 2] }],
      [13, { skipped: 3, QoS: 1, packetIdentifier: 7, packetByteLength: 21 }],
    ] as const) {
      const topic = new Array(topicByteLength).fill(0x74);
      const stream = Uint8Array.of(
        ...[0x32, topicByteLength + 6, 0x00, topicByteLength, ...topic], // PUBLISH: QoS 1
        ...[0x00, 0x07, 0x01, 0x02], // Packet Identifier 7, payload
        ...pingResponse,
      );
      for (const cuts of everyPiece) {
        const values = readPackets(new PacketReader({ headerByteLength: 16 }), stream, cuts);
        expect(values).toMatchObject([expected, after]);
      }
    }
  });

  it("a topic of 65,535 bytes on a stranger's word is skipped without room for it", () => {
    const topic = new Array(65_535).fill(0x74);
    const stream = Uint8Array.from([0x30, 0x81, 0x80, 0x04, 0xff, 0xff].concat(topic, pingResponse));
    const reader = new PacketReader();
    expect(readPackets(reader, stream, [1000])).toEqual([
      { skipped: 3, QoS: 0, packetIdentifier: 0, packetByteLength: 65_541 },
      after,
    ]);
    expect(reader.scratch.length).toBe(256);
  });

  it("a long topic with nothing after it ends the packet", () => {
    const stream = Uint8Array.of(0x30, 0x07, 0x00, 0x05, 0x74, 0x74, 0x74, 0x74, 0x74, ...pingResponse);
    for (const cuts of everyPiece)
      expect(readPackets(new PacketReader({ headerByteLength: 4 }), stream, cuts)).toEqual([
        { skipped: 3, QoS: 0, packetIdentifier: 0, packetByteLength: 9 },
        after,
      ]);
  });

  it("a PUBLISH over the largest packet wanted is skipped, and its topic can still be read", () => {
    for (const [maximumPacketByteLength, skipped] of [
      [12, false],
      [11, true],
    ] as const) {
      const stream = Uint8Array.of(...publish, ...pingResponse);
      for (const cuts of everyPiece) {
        const reader = new PacketReader({ maximumPacketByteLength });
        const [first, second] = readPackets(reader, stream, cuts);
        if (skipped)
          expect(first).toEqual({ skipped: 3, QoS: 2, packetIdentifier: 10, packetByteLength: 12 });
        else expect(first).toMatchObject({ type: 3, payload: [1, 2, 3] });
        expect(second).toEqual(after);
      }
    }
    const reader = new PacketReader({ maximumPacketByteLength: 11 });
    expect(reader.feed(publish, 0, 12)).toBe(12);
    expect([reader.event, reader.topic, reader.payloadRemaining]).toEqual([SKIPPED, "a/b", 0]);
  });

  it("a skipped PUBLISH is still checked: a malformed one fails", () => {
    const reader = new PacketReader({ maximumPacketByteLength: 5 });
    expect(readPackets(reader, Uint8Array.of(0x32, 0x06, 0x00, 0x01, 0x23, 0x00, 0x01, 0x00), [1])).toEqual([
      {
        error: MALFORMED_PACKET,
        detail: "packet type 3 with a wildcard, U+0000 or ill-formed UTF-8 in its topic",
      },
    ]);
  });

  it("a SUBACK over a limit is skipped, and tells its Packet Identifier", () => {
    const stream = Uint8Array.of(0x90, 0x05, 0x00, 0x09, 0x00, 0x01, 0x02, ...pingResponse);
    const expected = [{ skipped: 9, packetIdentifier: 9, packetByteLength: 7 }, after];
    for (const cuts of everyPiece) {
      expect(readPackets(new PacketReader({ headerByteLength: 4 }), stream, cuts)).toMatchObject(expected);
      expect(readPackets(new PacketReader({ maximumPacketByteLength: 6 }), stream, cuts)).toMatchObject(
        expected,
      );
      expect(readPackets(new PacketReader({ headerByteLength: 5 }), stream, cuts)).toMatchObject([
        { type: 9, returnCodes: [0, 1, 2] },
        after,
      ]);
    }
  });

  it("[MQTT-2.3.1-1] a SUBACK over a limit is still checked: with Packet Identifier 0 it fails", () => {
    const stream = Uint8Array.of(0x90, 0x05, 0x00, 0x00, 0x00, 0x01, 0x02, ...pingResponse);
    for (const cuts of everyPiece)
      expect(readPackets(new PacketReader({ headerByteLength: 4 }), stream, cuts)).toEqual([
        { error: MALFORMED_PACKET, detail: "packet type 9 with Packet Identifier 0" },
      ]);
  });

  it("packets of four bytes and less are never skipped", () => {
    const reader = new PacketReader({ headerByteLength: 4, maximumPacketByteLength: 0 });
    const stream = Uint8Array.of(0x20, 0x02, 0x00, 0x00, 0x40, 0x02, 0x00, 0x01, ...pingResponse);
    expect(readPackets(reader, stream, [3])).toMatchObject([{ type: 2 }, { type: 4 }, after]);
  });

  it.each([3, 0, -1, 4.5, Number.NaN])("a scratch of %d bytes is refused", (headerByteLength) => {
    expect(() => new PacketReader({ headerByteLength })).toThrow(
      expect.objectContaining({
        code: INVALID_OPTION,
        message: `headerByteLength ${headerByteLength} is not 4 to 268435460`,
      }),
    );
  });
});

describe("reset", () => {
  it("forgets half a packet: the next byte is the first of a connection", () => {
    for (let length = 1; length < publish.length; length++) {
      const reader = new PacketReader();
      readPackets(reader, publish.subarray(0, length), [1]);
      reader.reset();
      expect([reader.event, reader.payloadRemaining]).toEqual([NEED_BYTES, 0]);
      expect(readPackets(reader, publish, [1])).toMatchObject([{ topic: "a/b", payload: [1, 2, 3] }]);
    }
  });

  it("clears the error", () => {
    const reader = new PacketReader();
    reader.feed(Uint8Array.of(0x00), 0, 1);
    expect([reader.event, reader.error, reader.detail]).toEqual([
      FAILED,
      MALFORMED_PACKET,
      "packet type 0 is reserved",
    ]);
    reader.reset();
    expect([reader.event, reader.error, reader.detail]).toEqual([NEED_BYTES, 0, ""]);
  });
});

it("a reader that is given no bytes needs bytes, and has nothing to complain of", () => {
  const reader = new PacketReader();
  expect([reader.event, reader.error, reader.detail]).toEqual([NEED_BYTES, 0, ""]);
  expect(reader.feed(publish, 3, 3)).toBe(3);
  expect(reader.event).toBe(NEED_BYTES);
});
