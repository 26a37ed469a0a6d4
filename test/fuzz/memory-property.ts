import { getHeapStatistics } from "node:v8";
import fc from "fast-check";
import MQTTClient from "../../device/client/mqtt-client";
import ReliableClient from "../../device/client/reliable-client";
import { version5 } from "../../device/client/version-5/version-5";
import type { Peer } from "../../host-sim/network/link";
import { clock } from "../support/timer";
import type { Version } from "./arbitraries/stream";
import { assert, type FuzzProperty, fuzzProperty, type Outcome } from "./fuzz-property";
import { type Simulation, simulate } from "./simulation";

/** A server that sends many packets, each right by itself, which nobody has asked for. */
interface FloodCase {
  version: Version;
  reliable: boolean;
  /** First bytes of the packets, in turn. */
  firstBytes: number[];
  /** Each packet has a topic of its own, of so many. */
  topics: number;
  payloadByteLength: number;
  /** In 5.0 each message sets a Topic Alias, one of so many; 0: none does. */
  aliases: number;
  /** Each packet has an identifier of its own, of so many. */
  identifiers: number;
}

const WARM_UP = 400;
const COUNT = 3000;
const ROUNDS = 6;
const PACKETS_IN_A_PIECE = 20;
/** What the heap, outside of which only buffers are, may be larger afterwards: less than three words for each packet. */
const HEAP_LIMIT = 64_000;

/** By packet type: bytes of a topic, which an alias keeps too, and of the codes of a SUBACK and UNSUBACK. */
const GIVEN_BYTE_LENGTHS: Readonly<Record<number, number>> = { 3: 18, 9: 3, 11: 1 };

/** Only with --expose-gc. */
const collect: (() => void) | undefined = (globalThis as { gc?: () => void }).gc;

function heapByteLength(): number {
  collect?.();
  return getHeapStatistics().used_heap_size;
}

function packetOf(value: FloodCase, index: number): number[] {
  const first = value.firstBytes[index % value.firstBytes.length]!;
  const identifier = 1 + (index % value.identifiers);
  const packetIdentifier = [identifier >> 8, identifier & 0xff];
  if (first === 0xd0) return [first, 0];
  const noProperties = value.version === 5 ? [0] : [];
  if (first === 0x90) return packet(first, [...packetIdentifier, ...noProperties, 0, 1, 0x80]);
  if (first === 0xb0) return packet(first, [...packetIdentifier, ...noProperties, ...noProperties]);
  if (first >> 4 !== 3) return packet(first, packetIdentifier);
  const topic = Array.from(`t/${index % value.topics}`, (character) => character.charCodeAt(0));
  const payload = new Array<number>(value.payloadByteLength).fill(0x2a);
  const identifierOrNone = (first & 6) > 0 ? packetIdentifier : [];
  const hasAlias = value.version === 5 && value.aliases > 0;
  const properties = hasAlias ? [3, 0x23, 0, 1 + (index % value.aliases)] : noProperties;
  return packet(first, [0, topic.length, ...topic, ...identifierOrNone, ...properties, ...payload]);
}

function packet(first: number, body: readonly number[]): number[] {
  return [first, body.length, ...body];
}

function flood(peer: Peer, value: FloodCase, from: number, count: number): void {
  for (let index = from; index < from + count; ) {
    const piece: number[] = [];
    for (let packet = 0; packet < PACKETS_IN_A_PIECE; packet++) piece.push(...packetOf(value, index++));
    if (!peer.open) return;
    peer.send(piece);
    clock.advance(4);
    // The test itself shall keep nothing.
    peer.writes.length = 0;
  }
}

/** @returns bytes by which the heap has grown; 0 without --expose-gc */
function floodAndMeasure(peer: Peer, value: FloodCase, from: number): number {
  const before = heapByteLength();
  flood(peer, value, from, COUNT);
  return collect ? heapByteLength() - before : 0;
}

function checkFlood(value: FloodCase): Outcome {
  return simulate(5744, (simulation) => {
    const peers: Peer[] = [];
    simulation.link.listen(1883, (peer) => {
      peers.push(peer);
      peer.send(value.version === 5 ? [0x20, 0x03, 0x00, 0x00, 0x00] : [0x20, 0x02, 0x00, 0x00]);
    });
    const client = simulation.run(() => open(simulation, value));
    clock.advance(10);
    const peer = peers[0]!;
    flood(peer, value, 0, WARM_UP);
    const before = simulation.allocation.byteLength;
    let grown = floodAndMeasure(peer, value, WARM_UP);
    const allocated = simulation.allocation.byteLength - before;
    // The engine compiles and keeps statistics; what the client keeps grows each time.
    for (let round = 1; grown > HEAP_LIMIT && round < ROUNDS; round++)
      grown = Math.min(grown, floodAndMeasure(peer, value, WARM_UP + round * COUNT));
    simulation.run(() => client.close());
    // What the application is given it may keep: the topic, and the codes of a SUBACK. A client may have begun to connect again.
    const limit = value.firstBytes.reduce(
      (sum, first) => sum + (GIVEN_BYTE_LENGTHS[first >> 4] ?? 0) * COUNT,
      0,
    );
    assert(allocated <= limit || peers.length > 1, `allocated ${allocated} bytes, limit ${limit}`);
    assert(grown <= HEAP_LIMIT, `the heap has grown by ${grown} bytes, limit ${HEAP_LIMIT}`);
    return peer.open ? "read" : "closed";
  });
}

function open({ dns, socket }: Simulation, { version, reliable, aliases }: FloodCase): { close(): void } {
  const own = version === 5 ? { protocol: version5, properties: { topicAliasMaximum: aliases } } : {};
  const options = { host: "broker.local", id: "fuzz", dns, socket, ...own };
  if (reliable) return new ReliableClient({ ...options, random: () => 0.5 });
  const target = new Uint8Array(64);
  return new MQTTClient({
    ...options,
    onReadable(count) {
      for (let left = count; left > 0; left -= target.length) this.read(target);
    },
    onControl: () => undefined,
  });
}

const floodCase: fc.Arbitrary<FloodCase> = fc.record({
  version: fc.constantFrom<Version[]>(4, 5),
  aliases: fc.constantFrom(0, 1, 10),
  reliable: fc.boolean(),
  firstBytes: fc.uniqueArray(
    fc.constantFrom(0x30, 0x31, 0x32, 0x34, 0x3d, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0),
    {
      minLength: 1,
      maxLength: 4,
    },
  ),
  topics: fc.constantFrom(1, 3, 10_000),
  payloadByteLength: fc.constantFrom(0, 1, 60),
  identifiers: fc.constantFrom(1, 200, 60_000),
});

export const memoryProperties: readonly FuzzProperty[] = [
  fuzzProperty("Clients, flood of 3,400 packets", 1, floodCase, checkFlood, 20),
];
