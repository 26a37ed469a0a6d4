import { type Packet, parser } from "mqtt-packet";
import { DefaultPacketReadMap, MqttTransformer, PacketStream, type PacketType } from "mqtts";
import {
  PAYLOAD as PAYLOAD_EVENT,
  type PacketReader,
  PUBLISH_HEADER,
} from "../../../device/mqtt/packet-reader";
import { WholePacketReader } from "../../../device/mqtt/whole-packet-reader";
import type { Subject } from "../interleave";
import { kept } from "./encode";

export interface DecodeSubjects {
  /** Fields as numbers, the payload in place: what MQTTClient does with a topic it knows. */
  readonly thimble: Subject;
  /** And the topic as a string. */
  readonly topic: Subject;
  /** And the payload as a view of its own: all that mqtt-packet gives. */
  readonly payload: Subject;
  readonly mqttPacket: Subject;
  readonly mqtts: Subject;
}

/** @param packets - each one PUBLISH; they are decoded in turn, one a call, as one arrives in a TCP segment */
export function decodeSubjects(packets: readonly Buffer[]): DecodeSubjects {
  return {
    thimble: { name: "thimble", run: (count) => decodeFields(packets, count) },
    topic: { name: "topic", run: (count) => decodeTopic(packets, count) },
    payload: { name: "payload", run: (count) => decodePayload(packets, count) },
    mqttPacket: { name: "mqtt-packet", run: (count) => decodeMqttPacket(packets, count) },
    mqtts: { name: "mqtts", run: (count) => decodeMqtts(packets, count) },
  };
}

function decodeFields(packets: readonly Buffer[], count: number): void {
  const reader = new WholePacketReader();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const bytes = packets[index % packets.length]!;
    let start = reader.feed(bytes, 0, bytes.length);
    if (reader.event === PUBLISH_HEADER) sum += reader.QoS + reader.packetIdentifier;
    const payloadStart = start;
    start = reader.feed(bytes, start, bytes.length);
    if (reader.event === PAYLOAD_EVENT) sum += start - payloadStart;
  }
  kept.value = sum;
}

function decodeTopic(packets: readonly Buffer[], count: number): void {
  const reader = new WholePacketReader();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const bytes = packets[index % packets.length]!;
    let start = reader.feed(bytes, 0, bytes.length);
    if (reader.event === PUBLISH_HEADER) {
      kept.value = reader.topic;
      sum += reader.QoS + reader.packetIdentifier;
    }
    const payloadStart = start;
    start = reader.feed(bytes, start, bytes.length);
    if (reader.event === PAYLOAD_EVENT) sum += start - payloadStart;
  }
  kept.value = sum;
}

function decodePayload(packets: readonly Buffer[], count: number): void {
  const reader = new WholePacketReader();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const bytes = packets[index % packets.length]!;
    const start = reader.feed(bytes, 0, bytes.length);
    if (reader.event === PUBLISH_HEADER) {
      kept.value = reader.topic;
      sum += reader.QoS + reader.packetIdentifier;
    }
    const end = reader.feed(bytes, start, bytes.length);
    if (reader.event === PAYLOAD_EVENT) kept.value = bytes.subarray(start, end);
  }
  kept.value = sum;
}

function decodeMqttPacket(packets: readonly Buffer[], count: number): void {
  const decoder = parser({ protocolVersion: 4 });
  decoder.on("packet", keep);
  for (let index = 0; index < count; index++) decoder.parse(packets[index % packets.length]!);
}

function keep(packet: Packet): void {
  kept.value = packet;
}

/** Its decoder alone, without the stream that it comes in. */
function decodeMqtts(packets: readonly Buffer[], count: number): void {
  for (let index = 0; index < count; index++) {
    const stream = PacketStream.fromBuffer(packets[index % packets.length]!);
    const first = stream.readByte();
    const read = DefaultPacketReadMap[(first >> 4) as PacketType]!;
    kept.value = read(stream, stream.readVariableByteInteger(), first & 15);
  }
}

export interface Stream {
  /** The stream in pieces, as a socket gives them. */
  readonly chunks: readonly Buffer[];
  readonly packets: number;
  /** Of all payloads together. */
  readonly payloadByteLength: number;
  /** Where our subject puts the payloads, one behind the other: as long as one of them, or a multiple of that. */
  readonly targetByteLength: number;
}

export interface StreamSubjects {
  readonly thimble: Subject;
  readonly mqttPacket: Subject;
  readonly mqtts: Subject;
}

/**
 * One operation decodes the whole stream: topic as a string, each payload in one piece; all throw when what they found is not what
 * was sent.
 */
export function streamSubjects(stream: Stream): StreamSubjects {
  return {
    thimble: { name: "thimble", run: (count) => repeat(stream, count, decodeStream) },
    mqttPacket: { name: "mqtt-packet", run: (count) => repeat(stream, count, decodeStreamMqttPacket) },
    mqtts: { name: "mqtts", run: (count) => repeat(stream, count, decodeStreamMqtts) },
  };
}

class Tally {
  packets = 0;
  bytes = 0;
}

function repeat(stream: Stream, count: number, decode: (stream: Stream, tally: Tally) => void): void {
  for (let index = 0; index < count; index++) {
    const tally = new Tally();
    decode(stream, tally);
    if (tally.packets !== stream.packets || tally.bytes !== stream.payloadByteLength)
      throw new Error(`decoded ${tally.packets} packets of ${stream.packets}, ${tally.bytes} bytes`);
  }
}

function decodeStream(stream: Stream, tally: Tally): void {
  const reader = new WholePacketReader();
  const target = new Uint8Array(stream.targetByteLength);
  let offset = 0;
  for (const chunk of stream.chunks) offset = decodeChunk(reader, chunk, target, offset, tally);
  kept.value = target;
}

/** @returns where the next payload bytes go */
function decodeChunk(
  reader: PacketReader,
  chunk: Uint8Array,
  target: Uint8Array,
  offset: number,
  tally: Tally,
): number {
  let start = 0;
  while (start < chunk.length) {
    const next = reader.feed(chunk, start, chunk.length);
    if (reader.event === PUBLISH_HEADER) {
      kept.value = reader.topic;
      if (offset === target.length) offset = 0;
    } else if (reader.event === PAYLOAD_EVENT) {
      copy(target, offset, chunk, start, next);
      offset += next - start;
      tally.bytes += next - start;
      if (reader.payloadRemaining === 0) tally.packets += 1;
    }
    start = next;
  }
  return offset;
}

/** A view costs more than a few bytes moved by hand. */
function copy(target: Uint8Array, offset: number, bytes: Uint8Array, start: number, end: number): void {
  if (end - start > 64) target.set(bytes.subarray(start, end), offset);
  else while (start < end) target[offset++] = bytes[start++]!;
}

function decodeStreamMqttPacket(stream: Stream, tally: Tally): void {
  const decoder = parser({ protocolVersion: 4 });
  decoder.on("packet", (packet: Packet) => {
    kept.value = packet;
    tally.packets += 1;
    if (packet.cmd === "publish") tally.bytes += packet.payload.length;
  });
  for (const chunk of stream.chunks) decoder.parse(chunk);
}

/** Called past the machinery of node:stream, which would make it asynchronous. */
function decodeStreamMqtts(stream: Stream, tally: Tally): void {
  const decoder = new MqttTransformer();
  decoder.push = ({ data }: { data: { payload: Buffer } }) => {
    kept.value = data;
    tally.packets += 1;
    tally.bytes += data.payload.length;
    return true;
  };
  for (const chunk of stream.chunks) decoder._transform(chunk, "buffer", rethrow);
}

function rethrow(error?: Error | null): void {
  if (error) throw error;
}
