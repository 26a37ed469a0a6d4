import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { PacketReader as PacketReader5 } from "../../device/mqtt/version-5/packet-reader";
import { WholePacketReader } from "../../device/mqtt/whole-packet-reader";
import type { PacketValue } from "../vectors/packet";
import { readPackets } from "../vectors/read-packets";
import { theirPacket } from "../vectors/version-5/mqtt-packet";
import type { PacketValue as PacketValue5 } from "../vectors/version-5/packet";
import { byIdentifier, readPackets as readPackets5 } from "../vectors/version-5/read-packets";
import { writePacket as writePacket5 } from "../vectors/version-5/write-packet";
import { writePacket } from "../vectors/write-packet";
import * as version4 from "./arbitraries/packet";
import * as version5 from "./arbitraries/packet-5";
import { cuts, type Version } from "./arbitraries/stream";
import { assert, type FuzzProperty, fuzzProperty } from "./fuzz-property";

/** Enough for each packet that the arbitraries make. */
const HEADER_BYTE_LENGTH = 4096;

interface RoundTrip<Value> {
  packets: Value[];
  cuts: number[];
}

function roundTrip<Value>(packet: fc.Arbitrary<Value>): fc.Arbitrary<RoundTrip<Value>> {
  return fc.record({ packets: fc.array(packet, { minLength: 1, maxLength: 5 }), cuts });
}

function assertSame(found: unknown, expected: unknown): void {
  if (!contains(found, expected) || !contains(expected, found))
    throw new Error(`read ${JSON.stringify(found)}, written ${JSON.stringify(expected)}`);
}

function stream(packets: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(packets));
}

function read4(bytes: Uint8Array, pieces: readonly number[]): unknown[] {
  return readPackets(new WholePacketReader({ headerByteLength: HEADER_BYTE_LENGTH }), bytes, pieces);
}

function read5(bytes: Uint8Array, pieces: readonly number[]): unknown[] {
  const options = {
    headerByteLength: HEADER_BYTE_LENGTH,
    topicAliasMaximum: 65_535,
    topicAliasByteLength: 65_536,
  };
  return readPackets5(new PacketReader5(options), bytes, pieces);
}

/** What mqtt-packet, which nobody here wrote, reads. */
export function theirPackets(bytes: Uint8Array, protocolVersion: Version): Packet[] {
  const packets: Packet[] = [];
  const theirs = parser({ protocolVersion });
  theirs.on("packet", (packet) => packets.push(packet));
  theirs.on("error", (error) => {
    throw new Error(`${error.message}: ${Buffer.from(bytes).toString("hex")}`);
  });
  theirs.parse(Buffer.from(bytes));
  return packets;
}

/** Whether `found` has all that `expected` has. */
function contains(found: unknown, expected: unknown): boolean {
  if (expected instanceof Uint8Array)
    return found instanceof Uint8Array && Buffer.compare(found, expected) === 0;
  if (typeof expected !== "object" || expected === null) return found === expected;
  if (typeof found !== "object" || found === null) return false;
  return Object.entries(expected).every(([name, value]) =>
    contains((found as Record<string, unknown>)[name], value),
  );
}

function assertTheirs(bytes: Uint8Array, version: Version, expected: object): void {
  const packets = theirPackets(bytes, version);
  assert(packets.length === 1, `${packets.length} packets for mqtt-packet`);
  if (!contains(packets[0], expected))
    throw new Error(`mqtt-packet reads ${JSON.stringify(packets[0])}, written ${JSON.stringify(expected)}`);
}

/** A packet for servers as mqtt-packet has it. */
function theirPacket4(packet: PacketValue): object {
  // It is the one of 5.0 but for the name and version of the protocol, and the names of options that 3.1.1 has not.
  if (packet.type === 8)
    return {
      messageId: packet.packetIdentifier,
      subscriptions: packet.items.map(({ topic, QoS }) => ({ topic, qos: QoS })),
    };
  if (packet.type === 14) return { cmd: "disconnect" };
  const theirs = theirPacket(packet as PacketValue5);
  return packet.type === 1 ? { ...theirs, protocolVersion: 4 } : theirs;
}

/** A packet for clients as mqtt-packet writes it for 3.1.1. */
function generate4(packet: PacketValue): Buffer {
  if (packet.type === 2)
    return generate({ cmd: "connack", sessionPresent: packet.sessionPresent, returnCode: packet.returnCode });
  if (packet.type === 9)
    return generate({ cmd: "suback", messageId: packet.packetIdentifier, granted: packet.returnCodes });
  return generate(theirPacket(packet as PacketValue5), { protocolVersion: 4 });
}

export const roundTripProperties: readonly FuzzProperty[] = [
  fuzzProperty("Round trip 3.1.1, writer to reader", 30, roundTrip(version4.eitherWay), (value) => {
    const bytes = stream(value.packets.map((packet) => writePacket(packet, 1)));
    assertSame(read4(bytes, value.cuts), value.packets);
    return "read";
  }),
  fuzzProperty("Round trip 5.0, writer to reader", 45, roundTrip(version5.eitherWay), (value) => {
    const bytes = stream(value.packets.map((packet) => writePacket5(packet, 1)));
    assertSame(read5(bytes, value.cuts), value.packets.map(byIdentifier));
    return "read";
  }),
  fuzzProperty("Round trip 3.1.1, writer to mqtt-packet", 12, version4.toServer, (packet) => {
    assertTheirs(writePacket(packet, 1), 4, theirPacket4(packet));
    return "read";
  }),
  fuzzProperty("Round trip 5.0, writer to mqtt-packet", 15, version5.toServer, (packet) => {
    assertTheirs(writePacket5(packet, 1), 5, theirPacket(packet));
    return "read";
  }),
  fuzzProperty("Round trip 3.1.1, mqtt-packet to reader", 12, roundTrip(version4.toClient), (value) => {
    assertSame(read4(stream(value.packets.map(generate4)), value.cuts), value.packets);
    return "read";
  }),
  fuzzProperty("Round trip 5.0, mqtt-packet to reader", 17, roundTrip(version5.toClient), (value) => {
    const bytes = stream(
      value.packets.map((packet) => generate(theirPacket(packet), { protocolVersion: 5 })),
    );
    assertSame(read5(bytes, value.cuts), value.packets.map(byIdentifier));
    return "read";
  }),
];
