import fc from "fast-check";
import { acknowledgementVectors } from "../../vectors/acknowledgement";
import { connectVectors } from "../../vectors/connect";
import { malformedVectors } from "../../vectors/malformed";
import { publishVectors } from "../../vectors/publish";
import { toClientVectors } from "../../vectors/to-client";
import { toServerVectors } from "../../vectors/to-server";
import * as acknowledgement5 from "../../vectors/version-5/acknowledgement";
import * as connect5 from "../../vectors/version-5/connect";
import * as malformed5 from "../../vectors/version-5/malformed";
import * as malformedProperty5 from "../../vectors/version-5/malformed-property";
import * as publish5 from "../../vectors/version-5/publish";
import * as toClient5 from "../../vectors/version-5/to-client";
import * as toServer5 from "../../vectors/version-5/to-server";

/** Protocol Version of CONNECT: 4 is MQTT 3.1.1. */
export type Version = 4 | 5;

type Bytes = readonly number[];

/** Rows that are longer only cost time: the boundaries that they show are those of numbers, see `long`. */
const LONGEST_ROW = 200;

function bytesOf(...tables: readonly (readonly { bytes: number[] }[])[]): Bytes[] {
  return tables.flatMap((table) =>
    table.map(({ bytes }) => bytes).filter(({ length }) => length < LONGEST_ROW),
  );
}

/** What a server may send. */
const right: Record<Version, readonly Bytes[]> = {
  4: bytesOf(publishVectors, acknowledgementVectors, toClientVectors),
  5: bytesOf(
    publish5.publishVectors,
    [publish5.aliasOnlyVector],
    acknowledgement5.acknowledgementVectors,
    toClient5.toClientVectors,
    [toClient5.bareAuthVector],
  ),
};

/** What it may not: packets for servers, of the other version, and all that the tables call malformed. */
const wrong: Record<Version, readonly Bytes[]> = {
  4: bytesOf(connectVectors, toServerVectors, malformedVectors, toClient5.toClientVectors),
  5: bytesOf(
    connect5.connectVectors,
    toServer5.toServerVectors,
    malformed5.malformedVectors,
    malformedProperty5.malformedPropertyVectors,
    toClientVectors,
  ),
};

/** Bytes at which rules change: limits of lengths, flags, edges of UTF-8. */
const EDGES: readonly number[] = [
  ...[0x00, 0x01, 0x02, 0x04, 0x06, 0x10, 0x20, 0x23, 0x2b, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xe0, 0xed],
  ...[0xf0, 0xf4, 0xff],
];
const byte: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(...EDGES), fc.nat(255));

const random: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 1, maxLength: 120 });

/** First bytes that both versions allow, and a few that neither or one does. */
const FIRST_BYTES: readonly number[] = [
  ...[0x20, 0x30, 0x31, 0x32, 0x34, 0x3a, 0x3d, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0],
  ...[0x38, 0x36, 0x60, 0xe0, 0xf0],
];

/** Any bytes behind a fixed header that is right: what is checked first must not hide the rest. */
const framed: fc.Arbitrary<Bytes> = fc
  .tuple(fc.constantFrom(...FIRST_BYTES), fc.array(byte, { maxLength: 24 }))
  .map(([first, body]) => [first, body.length, ...body]);

/** A PUBLISH to "t" whose payload is longer than any buffer of ours. */
const long: fc.Arbitrary<Bytes> = fc
  .tuple(fc.nat(2), fc.integer({ min: 100, max: 1500 }))
  .map(([QoS, payloadByteLength]) => {
    const header = [0x00, 0x01, 0x74, ...(QoS > 0 ? [0x12, 0x34] : [])];
    const remainingLength = header.length + payloadByteLength;
    const length = [(remainingLength & 0x7f) | 0x80, remainingLength >> 7];
    // For 5.0 the first byte of the payload is a Property Length of 0.
    const payload = Array.from({ length: payloadByteLength }, (_, index) => index & 0xff);
    return [0x30 | (QoS << 1), ...length, ...header, ...payload];
  });

interface Change {
  at: number;
  byte: number;
  kind: number;
}

const change: fc.Arbitrary<Change> = fc.record({ at: fc.nat(400), byte, kind: fc.nat(6) });

function apply(bytes: number[], { at, byte, kind }: Change): void {
  const index = at % bytes.length;
  const count = 1 + (byte & 7);
  if (kind <= 1) bytes[index] = byte;
  else if (kind === 2) bytes[index]! ^= 1 << (byte & 7);
  else if (kind === 3) bytes.splice(index, count);
  else if (kind === 4) bytes.splice(index, 0, byte);
  else if (kind === 5) bytes.splice(index, 0, ...bytes.slice(index, index + count));
  else bytes[index] = (bytes[index]! + (byte & 1 ? 1 : 255)) & 0xff;
  if (bytes.length === 0) bytes.push(byte);
}

/** Packets of the vectors, some of them changed: they come further into the reader than random ones. */
function packets(version: Version): fc.Arbitrary<Uint8Array> {
  const packet = fc.oneof(
    { weight: 18, arbitrary: fc.constantFrom(...right[version]) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong[version]) },
    { weight: 1, arbitrary: framed },
    { weight: 1, arbitrary: long },
  );
  return fc
    .tuple(
      fc.array(packet, { minLength: 1, maxLength: 8 }),
      fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 4 }) },
      ),
    )
    .map(([parts, changes]) => {
      const bytes = parts.flat();
      for (const one of changes) apply(bytes, one);
      return Uint8Array.from(bytes);
    });
}

/** What a broken or hostile server may send; at least one byte. */
export function hostileStream(version: Version): fc.Arbitrary<Uint8Array> {
  return fc.oneof({ weight: 1, arbitrary: random }, { weight: 9, arbitrary: packets(version) });
}

/** What a server may send, in any order and number. */
export function rightStream(version: Version): fc.Arbitrary<Uint8Array> {
  return fc
    .array(
      fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...right[version]) }, { weight: 1, arbitrary: long }),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    .map((parts) => Uint8Array.from(parts.flat()));
}

/** Lengths of the pieces in which a stream comes, repeated as long as there are bytes. */
export const cuts: fc.Arbitrary<number[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<number[]>([1]) },
  { weight: 1, arbitrary: fc.constant<number[]>([65_536]) },
  { weight: 4, arbitrary: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }) },
  { weight: 2, arbitrary: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 }) },
);

/** A stream in its pieces. */
export function piecesOf(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (let index = 0; from < stream.length; index++) {
    const end = from + (cuts[index % cuts.length] ?? stream.length);
    pieces.push(stream.subarray(from, end));
    from = end;
  }
  return pieces;
}
