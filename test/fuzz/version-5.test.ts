import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { MALFORMED_PACKET, PACKET_TOO_LARGE, PROTOCOL_ERROR } from "../../device/mqtt/mqtt-error";
import { FAILED, NEED_BYTES, PAYLOAD } from "../../device/mqtt/packet-reader";
import { TOPIC_ALIAS_INVALID, TOPIC_ALIASES_FULL } from "../../device/mqtt/version-5/mqtt-error";
import { PacketReader } from "../../device/mqtt/version-5/packet-reader";
import { disconnectReasonCode } from "../../device/mqtt/version-5/reason-code";
import { acknowledgementVectors } from "../vectors/version-5/acknowledgement";
import { theirPacket } from "../vectors/version-5/mqtt-packet";
import { publishVectors } from "../vectors/version-5/publish";
import { byIdentifier, readPackets } from "../vectors/version-5/read-packets";
import { toClientVectors } from "../vectors/version-5/to-client";
import { writePacket } from "../vectors/version-5/write-packet";
import { fromClient, fromServer, toServerOnly } from "./version-5-packet";

/** Lengths of the pieces in which a stream comes. */
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

const rows: readonly (readonly number[])[] = [
  ...publishVectors,
  ...acknowledgementVectors,
  ...toClientVectors,
].map(({ bytes }) => bytes);

/** Right packets with some bytes changed, taken out or put in: they come further into the reader than random ones. */
const mutated: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(fc.constantFrom(...rows), { minLength: 1, maxLength: 6 }),
    fc.array(
      fc.record({
        at: fc.nat(400),
        byte: fc.integer({ min: 0, max: 255 }),
        kind: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 3 },
    ),
  )
  .map(([packets, changes]) => {
    const bytes = packets.flat();
    for (const { at, byte, kind } of changes) {
      const index = at % bytes.length;
      if (kind === 0) bytes[index] = byte;
      else if (kind === 1) bytes.splice(index, 1);
      else bytes.splice(index, 0, byte);
      if (bytes.length === 0) bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  });

const random: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 1, maxLength: 120 });

const options = fc.record({
  headerByteLength: fc.constantFrom(4, 16, 64, 512),
  maximumPacketByteLength: fc.constantFrom(5, 32, 268_435_460),
  topicAliasMaximum: fc.constantFrom(0, 5, 65_535),
  topicAliasByteLength: fc.constantFrom(0, 300),
  requestProblemInformation: fc.constantFrom(0, 1),
});

const ERRORS: readonly number[] = [
  ...[MALFORMED_PACKET, PROTOCOL_ERROR, PACKET_TOO_LARGE],
  ...[TOPIC_ALIAS_INVALID, TOPIC_ALIASES_FULL],
];

function theirs(bytes: Uint8Array): Packet[] {
  const packets: Packet[] = [];
  const theirParser = parser({ protocolVersion: 5 });
  theirParser.on("packet", (packet) => packets.push(packet));
  theirParser.on("error", (error) => expect.unreachable(String(error)));
  theirParser.parse(Buffer.from(bytes));
  return packets;
}

describe("what the writer of version 5 writes", () => {
  it("the reader reads, in pieces of any size", () => {
    fc.assert(
      fc.property(fc.array(fromClient, { maxLength: 6 }), cuts, (packets, pieces) => {
        const stream = Uint8Array.from(packets.flatMap((packet) => [...writePacket(packet, 0)]));
        expect(readPackets(new PacketReader({ headerByteLength: 4096 }), stream, pieces)).toEqual(
          packets.map(byIdentifier),
        );
      }),
      { seed: 50, numRuns: 500 },
    );
  });

  it("mqtt-packet reads", () => {
    fc.assert(
      fc.property(fc.oneof(fromClient, toServerOnly), (packet) => {
        expect(theirs(writePacket(packet, 3))).toMatchObject([theirPacket(packet)]);
      }),
      { seed: 51, numRuns: 500 },
    );
  });
});

describe("what mqtt-packet writes", () => {
  it("the reader of version 5 reads, in pieces of any size", () => {
    fc.assert(
      fc.property(fc.array(fromServer, { maxLength: 6 }), cuts, (packets, pieces) => {
        const stream = Buffer.concat(
          packets.map((packet) => generate(theirPacket(packet), { protocolVersion: 5 })),
        );
        expect(readPackets(new PacketReader({ headerByteLength: 4096 }), stream, pieces)).toEqual(
          packets.map(byIdentifier),
        );
      }),
      { seed: 52, numRuns: 500 },
    );
  });
});

describe("a hostile stream of version 5", () => {
  for (const [what, stream, seed] of [
    ["of random bytes", random, 5],
    ["of changed packets", mutated, 6],
  ] as const) {
    it(`${what} never throws, never hangs, keeps within its memory and ends with a Reason Code`, () => {
      let failures = 0;
      fc.assert(
        fc.property(stream, cuts, options, (bytes, pieces, limits) => {
          const reader = new PacketReader(limits);
          // readPackets throws on over-consumption, on standstill and on an event without its bytes.
          readPackets(reader, bytes, pieces);
          expect(reader.scratch.length).toBe(limits.headerByteLength);
          expect(reader.aliases.byteLength).toBeLessThanOrEqual(limits.topicAliasByteLength);
          if (reader.event !== FAILED) return;
          failures++;
          expect(ERRORS).toContain(reader.error);
          expect(disconnectReasonCode(reader.error)).toBeGreaterThan(0x80);
          expect(reader.detail).toMatch(/^packet type \d+ ./);
          expect(reader.feed(bytes, 0, bytes.length)).toBe(0);
        }),
        { seed, numRuns: 4000 },
      );
      expect(failures).toBeGreaterThan(500);
    });

    it(`${what} gives the same values whatever the pieces`, () => {
      fc.assert(
        fc.property(stream, cuts, options, (bytes, pieces, limits) => {
          const whole = readPackets(new PacketReader(limits), bytes, [bytes.length]);
          expect(readPackets(new PacketReader(limits), bytes, pieces)).toEqual(whole);
          expect(readPackets(new PacketReader(limits), bytes, [1])).toEqual(whole);
        }),
        { seed: seed + 10, numRuns: 1500 },
      );
    });
  }

  it("takes no more turns than it has bytes", () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        const reader = new PacketReader();
        let turns = 0;
        for (let start = 0; start < bytes.length && reader.event !== FAILED; turns++) {
          const next = reader.feed(bytes, start, bytes.length);
          if (reader.event === PAYLOAD) expect(next).toBeGreaterThan(start);
          if (reader.event === NEED_BYTES) expect(next).toBe(bytes.length);
          start = next;
        }
        expect(turns).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});
