import { describe, expect, test } from "vitest";
import {
  FAILED,
  PACKET,
  PAYLOAD,
  PacketReader,
  PUBLISH_HEADER,
  SKIPPED,
} from "../../device/mqtt/packet-reader";
import { WholePacketReader } from "../../device/mqtt/whole-packet-reader";

// Packets that come whole are read at once where a packet before has prepared it. What comes of them must be what comes of their
// bytes one by one.

const TOPIC = [0, 3, 0x61, 0x2f, 0x62]; // a/b
const STALE = [2, 1, 3, 7];

/** Everything that `reader` tells of `bytes`, which come in pieces of `size`. */
function read(bytes: readonly number[], size: number, reader: PacketReader): string[] {
  const events: string[] = [];
  for (let from = 0; from < bytes.length; from += size) {
    const piece = bytes.slice(from, from + size);
    // As in a client's receive buffer: what stands before and after has nothing to do with it.
    const buffer = Uint8Array.from([...STALE, ...piece, ...STALE]);
    const end = STALE.length + piece.length;
    for (let start = STALE.length; start < end; ) {
      const next = reader.feed(buffer, start, end);
      events.push(...told(reader, buffer.subarray(start, next)));
      if (reader.event === FAILED) return joined(events);
      start = next;
    }
  }
  return joined(events);
}

function told(reader: PacketReader, piece: Uint8Array): string[] {
  const { type, topic, QoS, retain, duplicate, packetIdentifier, payloadByteLength, packetByteLength } =
    reader;
  switch (reader.event) {
    case PUBLISH_HEADER:
      return [`${[topic, QoS, retain, duplicate, packetIdentifier, payloadByteLength, packetByteLength]}`];
    case PAYLOAD:
      return [...piece].map((byte) => `payload ${byte}`);
    case PACKET:
    case SKIPPED:
      return [`${reader.event} ${type} ${packetIdentifier} ${packetByteLength}`];
    case FAILED:
      return [`${reader.error} ${reader.detail}`];
    default:
      return [];
  }
}

/** Pieces of payload differ with the pieces of input; bytes do not. */
function joined(events: readonly string[]): string[] {
  return events.join("\n").replaceAll("\npayload", " payload").split("\n");
}

function payload(byteLength: number): number[] {
  return Array<number>(byteLength).fill(7);
}

function publish(first: number, ...rest: number[]): number[] {
  return [first, rest.length, ...rest];
}

const KNOWN = publish(0x30, ...TOPIC, 1);

/** One packet each, which nothing but its bytes is needed for. */
const AT_ONCE: readonly (readonly [what: string, packet: number[]])[] = [
  ["the same topic", publish(0x30, ...TOPIC, 1, 2, 3)],
  ["the same topic, retained", publish(0x31, ...TOPIC, 1, 2, 3)],
  ["the same topic with two bytes of payload", publish(0x30, ...TOPIC, 1, 2)],
  ["the same topic, retained, QoS 1", publish(0x33, ...TOPIC, 0, 9, 4)],
  ["the same topic, DUP, QoS 1", publish(0x3a, ...TOPIC, 1, 0, 4, 5)],
  ["the same topic, DUP, QoS 2", publish(0x3c, ...TOPIC, 1, 0, 4, 5)],
  ["the same topic, the longest Remaining Length of one byte", publish(0x30, ...TOPIC, ...payload(122))],
  ["PUBACK", [0x40, 2, 0, 9]],
  ["PUBREC", [0x50, 2, 1, 9]],
  ["PUBREL", [0x62, 2, 0, 9]],
  ["PUBCOMP", [0x70, 2, 0xff, 0xff]],
];

/** What is left to the reader of the codec. */
const OTHERS: readonly (readonly [what: string, packet: number[]])[] = [
  ["the same topic without payload", publish(0x30, ...TOPIC)],
  ["the same topic without payload, QoS 1", publish(0x32, ...TOPIC, 0, 1)],
  ["another topic of the same length", publish(0x30, 0, 3, 0x61, 0x2f, 0x63, 1)],
  ["another topic that begins alike", publish(0x30, 0, 4, 0x61, 0x2f, 0x62, 0x63, 1)],
  ["a topic that the other begins with", publish(0x30, 0, 1, 0x61, 0x2f, 0x62)],
  ["a topic length of two bytes", publish(0x30, 1, 3, 0x61, 0x2f, 0x62, 1)],
  ["a payload that looks like packets", publish(0x30, ...TOPIC, 0x40, 2, 0, 9, 0x30, 7, ...TOPIC, 1, 2)],
  ["QoS 3", publish(0x36, ...TOPIC, 0, 1, 2)],
  ["DUP at QoS 0", publish(0x38, ...TOPIC, 1, 2, 3)],
  ["Packet Identifier 0", publish(0x32, ...TOPIC, 0, 0, 1)],
  ["a Remaining Length that ends in the topic", [0x30, 4, ...TOPIC, 1, 2]],
  ["a Remaining Length that ends in the Packet Identifier", [0x32, 6, ...TOPIC, 0, 1, 2]],
  ["a Remaining Length of two bytes", [0x30, 0x87, 0, ...TOPIC, 1, 2]],
  ["a Remaining Length of two bytes before what would be the topic", [0x30, 0x8a, ...TOPIC, ...payload(7)]],
  ["a long payload", [0x30, 0xc8, 1, ...TOPIC, ...payload(195)]],
  ["UNSUBACK", [0xb0, 2, 0, 1]],
  ["SUBACK", [0x90, 3, 0, 1, 2]],
  ["PUBACK with Packet Identifier 0", [0x40, 2, 0, 0]],
  ["PUBACK with flags", [0x41, 2, 0, 1]],
  ["PUBREL without its flags", [0x60, 2, 0, 1]],
  ["PUBACK of three bytes", [0x40, 3, 0, 1, 0]],
  ["PINGRESP and what follows", [0xd0, 0, 0x40, 2, 0, 5]],
];

describe.each([...AT_ONCE, ...OTHERS])("after a message, %s", (_name, packet) => {
  const bytes = [...KNOWN, ...packet, ...KNOWN];

  test("is the same whole, in pieces, and as the reader of the codec has it", () => {
    const expected = read(bytes, 1, new PacketReader());
    expect(expected.length).toBeGreaterThan(1);
    for (const size of [1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 64, bytes.length])
      expect(read(bytes, size, new WholePacketReader())).toEqual(expected);
  });

  test("is the same, be it the first of all", () => {
    const expected = read(packet, 1, new PacketReader());
    for (const size of [1, 4, packet.length])
      expect(read(packet, size, new WholePacketReader())).toEqual(expected);
  });

  test("is skipped over a limit just so", () => {
    const options = { maximumPacketByteLength: 9 };
    const expected = read(bytes, 1, new PacketReader(options));
    for (const size of [1, 4, bytes.length])
      expect(read(bytes, size, new WholePacketReader(options))).toEqual(expected);
  });
});

test.each(AT_ONCE)(
  "after a message, %s is read where it stands, and nothing of it is copied",
  (_name, packet) => {
    const reader = new WholePacketReader({ maximumPacketByteLength: packet.length });
    read(KNOWN, KNOWN.length, reader);
    // Here the reader of the codec keeps a topic's length, and the Packet Identifier of an acknowledgement.
    reader.scratch.fill(0xee, 0, 2);
    reader.feed(Uint8Array.from(packet), 0, packet.length);
    expect([PACKET, PUBLISH_HEADER]).toContain(reader.event);
    expect([...reader.scratch.subarray(0, 2)]).toEqual([0xee, 0xee]);
  },
);

test("a first PUBLISH with an empty topic is none of a known one", () => {
  const bytes = publish(0x30, 0, 0, 1, 2, 3);
  expect(read(bytes, bytes.length, new WholePacketReader())).toEqual([
    "100 packet type 3 with an empty topic",
  ]);
});
