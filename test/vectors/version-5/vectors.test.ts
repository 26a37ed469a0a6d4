import { describe, expect, it } from "vitest";
import { FAILED } from "../../../device/mqtt/packet-reader";
import { PacketReader } from "../../../device/mqtt/version-5/packet-reader";
import { acknowledgementVectors } from "./acknowledgement";
import { connectVectors } from "./connect";
import { malformedVectors } from "./malformed";
import { malformedPropertyVectors } from "./malformed-property";
import type { Vector } from "./packet";
import { aliasOnlyVector, publishVectors } from "./publish";
import { byIdentifier, readPackets } from "./read-packets";
import { bareAuthVector, toClientVectors } from "./to-client";
import { toServerVectors } from "./to-server";
import { writePacket } from "./write-packet";

const written: readonly Vector[] = [
  ...connectVectors,
  ...publishVectors,
  aliasOnlyVector,
  ...acknowledgementVectors,
  ...toServerVectors,
];
const read: readonly Vector[] = [
  ...publishVectors,
  ...acknowledgementVectors,
  ...toClientVectors,
  bareAuthVector,
];

/** What follows each row in its stream: a PINGRESP, and the first byte of one more packet. */
const next: readonly number[] = [0xd0, 0x00, 0x40];

/** Lengths of pieces: all at once, byte by byte, and two that cut everywhere in turn. */
const chunkings: readonly number[][] = [[Number.POSITIVE_INFINITY], [1], [2], [3, 1, 7]];

const options = { topicAliasMaximum: 10 } as const;

describe("the packet writer of version 5", () => {
  for (const { title, clause, packet, bytes } of written)
    it(`writes ${title} (${clause})`, () => {
      expect([...writePacket(packet, 0)]).toEqual(bytes);
      expect([...writePacket(packet, 5)]).toEqual(bytes);
    });
});

describe("the packet reader of version 5", () => {
  for (const { title, clause, packet, bytes } of read)
    it(`reads ${title}, in any pieces and no byte further (${clause})`, () => {
      const stream = Uint8Array.from(bytes.concat(next, [0x02, 0x00, 0x07]));
      for (const cuts of chunkings) {
        const values = readPackets(new PacketReader(options), stream, cuts);
        expect(values).toEqual([
          byIdentifier(packet),
          { type: 13 },
          { type: 4, packetIdentifier: 7, reasonCode: 0 },
        ]);
      }
    });

  it("reads all rows as one stream, one byte at a time", () => {
    const stream = Uint8Array.from(read.flatMap(({ bytes }) => bytes));
    expect(readPackets(new PacketReader(options), stream, [1])).toEqual(
      read.map(({ packet }) => byIdentifier(packet)),
    );
  });

  for (const { title, bytes, error, detail, declined } of [...malformedVectors, ...malformedPropertyVectors])
    it(`${title} is refused, by code and by text`, () => {
      const withDeclined = { ...options, requestProblemInformation: declined ? 0 : 1 };
      // By its own bytes, before any that follow have come.
      const alone = readPackets(new PacketReader(withDeclined), Uint8Array.from(bytes), [1]);
      expect(alone).toEqual([{ error, detail }]);
      for (const cuts of chunkings) {
        const reader = new PacketReader(withDeclined);
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
