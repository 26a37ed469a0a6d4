import { describe, expect, it } from "vitest";
import { FAILED, PacketReader } from "../../device/mqtt/packet-reader";
import { acknowledgementVectors } from "./acknowledgement";
import { connectVectors } from "./connect";
import { malformedVectors } from "./malformed";
import type { Vector } from "./packet";
import { publishVectors } from "./publish";
import { readPackets } from "./read-packets";
import { toClientVectors } from "./to-client";
import { toServerVectors } from "./to-server";
import { writePacket } from "./write-packet";

const written: readonly Vector[] = [
  ...connectVectors,
  ...publishVectors,
  ...acknowledgementVectors,
  ...toServerVectors,
];
const read: readonly Vector[] = [...publishVectors, ...acknowledgementVectors, ...toClientVectors];

/** What follows each row in its stream: a PINGRESP, and the first byte of one more packet. */
const next: readonly number[] = [0xd0, 0x00, 0x40];

/** Lengths of pieces: all at once, byte by byte, and two that cut everywhere in turn. */
const chunkings: readonly number[][] = [[Number.POSITIVE_INFINITY], [1], [2], [3, 1, 7]];

/** Bytes of a long row are compared as one: a million assertions take their time. */
function hex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("the packet writer", () => {
  for (const { title, clause, packet, bytes } of written)
    it(`writes ${title} (${clause})`, () => {
      expect(hex(writePacket(packet, 0))).toBe(hex(bytes));
      expect(hex(writePacket(packet, 5))).toBe(hex(bytes));
    });
});

describe("the packet reader", () => {
  for (const { title, clause, packet, bytes } of read)
    it(`reads ${title}, in any pieces and no byte further (${clause})`, () => {
      const stream = Uint8Array.from(bytes.concat(next, [0x02, 0x00, 0x07]));
      for (const cuts of chunkings) {
        const values = readPackets(new PacketReader(), stream, cuts);
        expect(values).toEqual([packet, { type: 13 }, { type: 4, packetIdentifier: 7 }]);
      }
    });

  it("reads all rows as one stream, one byte at a time", () => {
    const short = read.filter(({ bytes }) => bytes.length < 1000);
    const stream = Uint8Array.from(short.flatMap(({ bytes }) => bytes));
    expect(readPackets(new PacketReader(), stream, [1])).toEqual(short.map(({ packet }) => packet));
  });

  for (const { title, bytes, error, detail } of malformedVectors)
    it(`${title} is refused, by code and by text`, () => {
      // By its own bytes, before any that follow have come.
      expect(readPackets(new PacketReader(), Uint8Array.from(bytes), [1])).toEqual([{ error, detail }]);
      for (const cuts of chunkings) {
        const reader = new PacketReader();
        const stream = Uint8Array.from([0xd0, 0x00].concat(bytes, next));
        expect(readPackets(reader, stream, cuts)).toEqual([{ type: 13 }, { error, detail }]);
        // It refuses to go on, and consumes nothing, until there is a new connection.
        expect(reader.feed(Uint8Array.of(0xd0, 0x00), 0, 2)).toBe(0);
        expect(reader.event).toBe(FAILED);
        reader.reset();
        expect(readPackets(reader, Uint8Array.of(0xd0, 0x00), cuts)).toEqual([{ type: 13 }]);
      }
    });
});
