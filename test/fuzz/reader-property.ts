import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { MALFORMED_PACKET, PACKET_TOO_LARGE, PROTOCOL_ERROR } from "../../device/mqtt/mqtt-error";
import { FAILED, PACKET, type PacketReader, type PacketReaderOptions } from "../../device/mqtt/packet-reader";
import { TOPIC_ALIAS_INVALID, TOPIC_ALIASES_FULL } from "../../device/mqtt/version-5/mqtt-error";
import {
  PacketReader as PacketReader5,
  type PacketReaderOptions as PacketReaderOptions5,
} from "../../device/mqtt/version-5/packet-reader";
import { disconnectReasonCode } from "../../device/mqtt/version-5/reason-code";
import { WholePacketReader } from "../../device/mqtt/whole-packet-reader";
import { readPackets } from "../vectors/read-packets";
import { readPackets as readPackets5 } from "../vectors/version-5/read-packets";
import { type Allocation, counted } from "./allocation";
import { cuts, hostileStream, rightStream } from "./arbitraries/stream";
import { assert, type FuzzProperty, fuzzProperty, type Outcome } from "./fuzz-property";

interface ReaderCase<Options> {
  stream: Uint8Array;
  cuts: number[];
  options: Options;
}

type AnyReader = PacketReader | PacketReader5;

interface Reading {
  readonly reader: AnyReader;
  readonly values: readonly unknown[];
  readonly failed: boolean;
  readonly allocation: Allocation;
}

type Read<Options> = (options: Options, stream: Uint8Array, cuts: readonly number[]) => Reading;

/** readPackets throws on over-consumption, on a standstill and on an event without its bytes. */
function read4(options: PacketReaderOptions, stream: Uint8Array, pieces: readonly number[]): Reading {
  const reader = new WholePacketReader(options);
  const allocation = countFeed(reader);
  const values = readPackets(reader, stream, pieces);
  return { reader, values, failed: reader.event === FAILED, allocation };
}

function read5(options: PacketReaderOptions5, stream: Uint8Array, pieces: readonly number[]): Reading {
  const reader = new PacketReader5(options);
  const allocation = countFeed(reader);
  const values = readPackets5(reader, stream, pieces);
  return { reader, values, failed: reader.event === FAILED, allocation };
}

function countFeed(reader: AnyReader): Allocation {
  const allocation = { byteLength: 0, largest: 0 };
  const feed = reader.feed;
  reader.feed = (bytes, start, end) => counted(allocation, () => feed.call(reader, bytes, start, end));
  return allocation;
}

const ERRORS: readonly number[] = [
  MALFORMED_PACKET,
  PROTOCOL_ERROR,
  PACKET_TOO_LARGE,
  TOPIC_ALIAS_INVALID,
  TOPIC_ALIASES_FULL,
];

function checkReader<Options extends PacketReaderOptions5>(
  { stream, cuts, options }: ReaderCase<Options>,
  read: Read<Options>,
): Outcome {
  const whole = read(options, stream, [stream.length]);
  checkReading(whole, stream, options);
  for (const pieces of [cuts, [1]]) {
    const other = read(options, stream, pieces);
    checkReading(other, stream, options);
    if (!isDeepStrictEqual(other.values, whole.values))
      throw new Error(
        `in pieces of ${pieces}: ${JSON.stringify(other.values)}, in one piece: ${JSON.stringify(whole.values)}`,
      );
  }
  return whole.failed ? "refused" : "read";
}

function checkReading(
  { reader, allocation }: Reading,
  stream: Uint8Array,
  options: PacketReaderOptions5,
): void {
  // Of all that a server sends only the topics of its aliases may be kept, and those have a limit.
  const { topicAliasMaximum = 0, topicAliasByteLength = topicAliasMaximum * 192 } = options;
  const largest = topicAliasMaximum > 0 ? Math.min(options.headerByteLength ?? 512, topicAliasByteLength) : 0;
  assert(allocation.largest <= largest, `allocated ${allocation.largest} bytes, limit ${largest}`);
  if (reader instanceof PacketReader5) {
    const { byteLength, limit } = reader.aliases;
    assert(byteLength >= 0 && byteLength <= limit, `aliases take ${byteLength} bytes, limit ${limit}`);
  }
  if (reader.event === FAILED) checkFailed(reader, stream);
}

function checkFailed(reader: AnyReader, stream: Uint8Array): void {
  assert(ERRORS.includes(reader.error), `error ${reader.error}`);
  assert(disconnectReasonCode(reader.error) > 0x80, `error ${reader.error} has no Reason Code`);
  assert(/^packet type \d+ ./.test(reader.detail), `detail ${reader.detail}`);
  assert(reader.feed(stream, 0, stream.length) === 0, "reads on after it has failed");
  reader.reset();
  const next = reader.feed(Uint8Array.of(0xd0, 0x00), 0, 2);
  assert(next === 2 && (reader.event as number) === PACKET, "reads nothing after reset");
}

const limits = {
  headerByteLength: fc.constantFrom(4, 7, 16, 64, 256, 256),
  maximumPacketByteLength: fc.constantFrom(5, 32, ...new Array<number>(8).fill(268_435_460)),
};

const options4: fc.Arbitrary<PacketReaderOptions> = fc.record(limits);

const options5: fc.Arbitrary<PacketReaderOptions5> = fc.record({
  ...limits,
  topicAliasMaximum: fc.constantFrom(0, 1, 10, 65_535),
  topicAliasByteLength: fc.constantFrom(0, 140, 400, 4000),
  requestProblemInformation: fc.constantFrom(0, 1, 1),
});

export const readerProperties: readonly FuzzProperty[] = [
  fuzzProperty(
    "PacketReader 3.1.1, hostile stream",
    200,
    fc.record({ stream: hostileStream(4), cuts, options: options4 }),
    (value) => checkReader(value, read4),
  ),
  fuzzProperty(
    "PacketReader 5.0, hostile stream",
    260,
    fc.record({ stream: hostileStream(5), cuts, options: options5 }),
    (value) => checkReader(value, read5),
  ),
  fuzzProperty(
    "PacketReader 3.1.1, right stream",
    18,
    fc.record({ stream: rightStream(4), cuts, options: options4 }),
    (value) => {
      assert(checkReader(value, read4) === "read", "refused what a server may send");
      return "read";
    },
  ),
];
