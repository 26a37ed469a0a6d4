import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MALFORMED_PACKET, PROTOCOL_ERROR } from "../../device/mqtt/mqtt-error";
import { FAILED, NEED_BYTES, PAYLOAD, PacketReader } from "../../device/mqtt/packet-reader";
import { acknowledgementVectors } from "../vectors/acknowledgement";
import type { AcknowledgementValue, PacketValue, PublishValue } from "../vectors/packet";
import { publishVectors } from "../vectors/publish";
import { readPackets } from "../vectors/read-packets";
import { toClientVectors } from "../vectors/to-client";
import { writePacket } from "../vectors/write-packet";

const packetIdentifier = fc.integer({ min: 1, max: 65_535 });
const topic = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => !/[+#\0]/.test(text));

const publish: fc.Arbitrary<PacketValue> = fc
  .record({
    type: fc.constant(3 as const),
    QoS: fc.integer({ min: 0, max: 2 }),
    retain: fc.boolean(),
    duplicate: fc.boolean(),
    topic,
    packetIdentifier,
    payload: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 }),
  })
  .map((value: PublishValue) =>
    value.QoS === 0 ? { ...value, duplicate: false, packetIdentifier: 0 } : value,
  );

const acknowledgement: fc.Arbitrary<PacketValue> = fc.record({
  type: fc.constantFrom<AcknowledgementValue["type"]>(4, 5, 6, 7),
  packetIdentifier,
});

/** Lengths of the pieces in which a stream comes. */
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

const rows: readonly (readonly number[])[] = [
  ...publishVectors,
  ...acknowledgementVectors,
  ...toClientVectors,
]
  .map(({ bytes }) => bytes)
  .filter((bytes) => bytes.length < 200);

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
      { maxLength: 4 },
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
  headerByteLength: fc.constantFrom(4, 16, 256),
  maximumPacketByteLength: fc.constantFrom(5, 32, 268_435_460),
});

describe("what the writer writes", () => {
  it("the reader reads, in pieces of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(publish, acknowledgement), { maxLength: 6 }), cuts, (packets, pieces) => {
        const stream = Uint8Array.from(packets.flatMap((packet) => [...writePacket(packet, 0)]));
        expect(readPackets(new PacketReader(), stream, pieces)).toEqual(packets);
      }),
      { seed: 311, numRuns: 500 },
    );
  });
});

describe("a hostile stream", () => {
  for (const [what, stream, seed] of [
    ["of random bytes", random, 1],
    ["of changed packets", mutated, 2],
  ] as const) {
    it(`${what} never throws, never hangs and never makes the reader consume what it was not given`, () => {
      let failures = 0;
      fc.assert(
        fc.property(stream, cuts, options, (bytes, pieces, limits) => {
          const reader = new PacketReader(limits);
          // readPackets throws on over-consumption, on standstill and on an event without its bytes.
          readPackets(reader, bytes, pieces);
          if (reader.event !== FAILED) return;
          failures++;
          expect([MALFORMED_PACKET, PROTOCOL_ERROR]).toContain(reader.error);
          expect(reader.detail).not.toBe("");
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

  it("takes no more turns than it has bytes and packets", () => {
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
      { seed: 3, numRuns: 2000 },
    );
  });
});
