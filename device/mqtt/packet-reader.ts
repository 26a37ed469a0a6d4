import { CONNACK, PINGRESP, PUBLISH, PUBREL, SUBACK } from "./control-packet";
import { DEFAULT_HEADER_BYTE_LENGTH, MAXIMUM_PACKET_BYTE_LENGTH } from "./limits";
import {
  assertInteger,
  INVALID_LENGTH,
  INVALID_OPTION,
  MALFORMED_PACKET,
  PROTOCOL_ERROR,
} from "./mqtt-error";
import { isTopicName } from "./topic";
import { decodeString } from "./utf8-string";

/** Events of `PacketReader.feed`: everything given is consumed, and no packet is complete. */
export const NEED_BYTES = 0;
/** A whole packet other than PUBLISH: see `type` and its fields. */
export const PACKET = 1;
/** All of a PUBLISH before its payload; when `payloadRemaining` is 0 that is all of it. */
export const PUBLISH_HEADER = 2;
/** A piece of the payload: bytes[start, what feed returned). It is the last when `payloadRemaining` is 0. */
export const PAYLOAD = 3;
/** The end of a packet over a limit, whose bytes went by unkept. */
export const SKIPPED = 4;
/** The stream is malformed: see `error` and `detail`. Nothing more is read until `reset`. */
export const FAILED = 5;

// States: what the next byte belongs to. Those up to BODY keep it in the scratch.
export const FIXED_HEADER = 0;
const REMAINING_LENGTH = 1;
const TOPIC_LENGTH = 2; // of a PUBLISH
const TOPIC = 3; // and Packet Identifier of a PUBLISH
const IDENTIFIER = 4; // of a packet whose rest will be skipped
const BODY = 5; // all after the fixed header of the other packets
const LONG_TOPIC = 6; // of a PUBLISH, too long to keep
export const MESSAGE = 7;
const REST = 8; // of a packet that is skipped
export const BROKEN = 9;

export interface PacketReaderOptions {
  /**
   * Bytes kept of a packet's variable header, at least 4; default 256. A PUBLISH needs 2 + topic (+ 2 with QoS 1
   * and 2), a SUBACK 2 + number of filters; what needs more is skipped.
   */
  headerByteLength?: number;
  /** Longer PUBLISH and SUBACK packets are skipped. Bytes; default 268,435,460, the largest there can be. */
  maximumPacketByteLength?: number;
}

/**
 * Reads the MQTT 3.1.1 packets that a server sends, from bytes in pieces of any size. Allocates nothing after the
 * constructor, except what `topic` returns.
 *
 * ```ts
 * while (start < end) {
 *   const next = reader.feed(bytes, start, end);
 *   if (reader.event === PAYLOAD) use(bytes, start, next);
 *   start = next;
 * }
 * ```
 */
export class PacketReader {
  /** What the last `feed` found: NEED_BYTES to FAILED. */
  event: number;
  /** With QoS 1 and 2, of acknowledgements, SUBACK and UNSUBACK: 1 to 65,535. */
  packetIdentifier: number;
  /** Of the topic without its two-byte length; 0 when the topic of a skipped PUBLISH was too long to keep. */
  topicByteLength: number;
  /** Code of FAILED: MALFORMED_PACKET or PROTOCOL_ERROR; otherwise 0. */
  error: number;
  /** Text to `error`: what was found. */
  detail: string;

  // The rest belongs to the functions of this file. Not #private: a #method costs 16 bytes of RAM a reader on XS.
  /** @internal */ state: number;
  /** @internal First byte of the packet. */ first: number;
  /** @internal */ remainingLength: number;
  /** @internal Bytes that encoded it. */ lengthByteLength: number;
  /** @internal Bytes of the packet not yet consumed. */ unread: number;
  /** @internal Bytes consumed in this state; where `scratch` takes the next. */ position: number;
  /** @internal The position that completes the state. */ goal: number;
  /** @internal Length of the good Topic Name that the scratch holds from 2 on; 0 for none. */ knownByteLength: number;
  /** @internal That Topic Name, once asked for. */ declare topicText?: string | undefined;
  /** @internal */ readonly scratch: Uint8Array;
  /** @internal */ readonly maximumPacketByteLength: number;

  /** @throws {MQTTError} INVALID_OPTION when `headerByteLength` is under 4 */
  constructor(options?: PacketReaderOptions) {
    const headerByteLength = options?.headerByteLength ?? DEFAULT_HEADER_BYTE_LENGTH;
    assertInteger(headerByteLength, 4, MAXIMUM_PACKET_BYTE_LENGTH, INVALID_OPTION, "headerByteLength");
    this.scratch = new Uint8Array(headerByteLength);
    this.maximumPacketByteLength = options?.maximumPacketByteLength ?? MAXIMUM_PACKET_BYTE_LENGTH;
    this.event = NEED_BYTES;
    this.packetIdentifier = 0;
    this.topicByteLength = 0;
    this.error = 0;
    this.detail = "";
    this.state = FIXED_HEADER;
    this.first = 0;
    this.remainingLength = 0;
    this.lengthByteLength = 0;
    this.unread = 0;
    this.position = 0;
    this.goal = 0;
    this.knownByteLength = 0;
  }

  /** Control Packet type of the packet. */
  get type(): number {
    return this.first >> 4;
  }

  /** Of a PUBLISH: 0 to 2. */
  get QoS(): number {
    return (this.first >> 1) & 3;
  }

  /** RETAIN flag of a PUBLISH. */
  get retain(): boolean {
    return (this.first & 1) !== 0;
  }

  /** DUP flag of a PUBLISH. */
  get duplicate(): boolean {
    return (this.first & 8) !== 0;
  }

  /** Session Present flag of a CONNACK. */
  get sessionPresent(): boolean {
    return this.scratch[0] === 1;
  }

  /** Connect Return code of a CONNACK: 0 accepted, 1 to 5 refused (MQTT 3.1.1 table 3.1). */
  get returnCode(): number {
    return this.scratch[1]!;
  }

  /** The first `returnCodeCount` bytes are the return codes of a SUBACK: granted QoS 0 to 2, or 0x80. */
  get returnCodes(): Uint8Array {
    return this.scratch;
  }

  /** Of a SUBACK. */
  get returnCodeCount(): number {
    return this.remainingLength - 2;
  }

  /** Of the packet, fixed header included. */
  get packetByteLength(): number {
    return 1 + this.lengthByteLength + this.remainingLength;
  }

  /** Of the whole payload of this PUBLISH. */
  get payloadByteLength(): number {
    return this.remainingLength - 2 - this.topicByteLength - (this.QoS > 0 ? 2 : 0);
  }

  /** Bytes of the payload of this PUBLISH not yet consumed. */
  get payloadRemaining(): number {
    return this.state === MESSAGE ? this.unread : 0;
  }

  /** Topic Name of a PUBLISH, valid until the next packet begins. Decoded once for all that follow one another with the same. */
  get topic(): string {
    const { topicByteLength } = this;
    // Too long to keep.
    if (topicByteLength !== this.knownByteLength) return "";
    this.topicText ??= decodeString(this.scratch, 2, 2 + topicByteLength);
    return this.topicText;
  }

  /** Whether the topic is this one, without decoding it. `topic` is as `encodeTopicName` gives it. */
  topicEquals(topic: Uint8Array): boolean {
    const scratch = this.scratch;
    let index = topic.length;
    if (index !== 2 + this.topicByteLength) return false;
    // Backwards: topics of one home differ at the end.
    while (--index >= 2) if (scratch[index] !== topic[index]) return false;
    return true;
  }

  /**
   * Reads up to and including the next event; `event` tells which.
   * @returns index of the first byte not consumed, `end` at most
   */
  feed(bytes: Uint8Array, start: number, end: number): number {
    if (this.state === BROKEN) return start;
    let event = NEED_BYTES;
    while (start < end && event === NEED_BYTES) {
      if (this.state === FIXED_HEADER) event = beginPacket(this, bytes[start++]!);
      else if (this.state === REMAINING_LENGTH) event = readRemainingLength(this, bytes[start++]!);
      else {
        const wanted = this.goal - this.position;
        const stop = end - start < wanted ? end : start + wanted;
        event = consume(this, bytes, start, stop);
        start = stop;
      }
    }
    this.event = event;
    return start;
  }

  /**
   * Tells the reader that its owner took payload bytes itself, past the reader.
   * @param count - 0 to `payloadRemaining`
   * @throws {MQTTError} INVALID_LENGTH when more than `payloadRemaining`
   */
  takePayload(count: number): void {
    assertInteger(count, 0, this.payloadRemaining, INVALID_LENGTH, "count");
    this.unread -= count;
    this.position += count;
    // None may be taken at any time; only the last of a payload ends a packet.
    if (count > 0 && this.unread === 0) this.state = FIXED_HEADER;
  }

  /** Forgets all that came: the next byte is the first of a new connection. */
  reset(): void {
    this.event = NEED_BYTES;
    this.state = FIXED_HEADER;
    this.unread = 0;
    this.error = 0;
    this.detail = "";
  }
}

// The functions below return the event that the bytes make: NEED_BYTES while there is none. Those exported serve version-5 too.

/** The text names the type by its number: see control-packet.ts. */
export function fail(reader: PacketReader, found: string, error: number = MALFORMED_PACKET): number {
  reader.state = BROKEN;
  reader.error = error;
  reader.detail = `packet type ${reader.first >> 4} ${found}`;
  return FAILED;
}

export function finish(reader: PacketReader, event: number): number {
  reader.state = FIXED_HEADER;
  return event;
}

export function expect(reader: PacketReader, state: number, goal: number): number {
  reader.state = state;
  reader.position = 0;
  reader.goal = goal;
  return NEED_BYTES;
}

function beginPacket(reader: PacketReader, first: number): number {
  reader.state = REMAINING_LENGTH;
  reader.first = first;
  reader.packetIdentifier = 0;
  reader.topicByteLength = 0;
  reader.remainingLength = 0;
  reader.lengthByteLength = 0;
  return first >> 4 === PUBLISH
    ? checkPublishFlags(reader, first)
    : checkType(reader, first >> 4, first & 15);
}

/** MQTT 3.1.1 section 3.3.1. */
function checkPublishFlags(reader: PacketReader, first: number): number {
  if ((first & 6) === 6) return fail(reader, "with QoS 3"); // [MQTT-3.3.1-4]
  if ((first & 14) === 8) return fail(reader, "with DUP at QoS 0"); // [MQTT-3.3.1-2]
  return NEED_BYTES;
}

/** MQTT 3.1.1 sections 2.2.1 and 2.2.2. */
function checkType(reader: PacketReader, type: number, flags: number): number {
  if (type === 0 || type === 15) return fail(reader, "is reserved");
  // For clients: CONNACK to PUBREL, and above them the odd ones.
  if (type < CONNACK || (type > PUBREL && (type & 1) === 0))
    return fail(reader, "is for servers", PROTOCOL_ERROR);
  if (flags !== (type === PUBREL ? 2 : 0)) return fail(reader, `with flags ${flags}`); // [MQTT-2.2.2-2]
  return NEED_BYTES;
}

/** One byte of the Remaining Length (MQTT 3.1.1 section 2.2.3). */
function readRemainingLength(reader: PacketReader, byte: number): number {
  const count = reader.lengthByteLength++;
  reader.remainingLength |= (byte & 0x7f) << (7 * count);
  if (byte < 0x80) return beginBody(reader, reader.first >> 4, reader.remainingLength);
  return count === 3 ? fail(reader, "with Remaining Length over 4 bytes") : NEED_BYTES;
}

function beginBody(reader: PacketReader, type: number, remainingLength: number): number {
  reader.unread = remainingLength;
  let minimum = 2;
  if (type === PUBLISH) minimum = reader.QoS > 0 ? 5 : 3;
  else if (type === SUBACK) minimum = 3;
  else if (type === PINGRESP) minimum = 0;
  // All others have a length of their own.
  if (remainingLength < minimum || (remainingLength > minimum && type !== PUBLISH && type !== SUBACK))
    return fail(reader, `with Remaining Length ${remainingLength}`);
  if (minimum === 0) return finish(reader, PACKET);
  if (type === PUBLISH) return expect(reader, TOPIC_LENGTH, 2);
  if (remainingLength > reader.scratch.length || (type === SUBACK && isOverMaximum(reader)))
    return expect(reader, IDENTIFIER, 2);
  if (remainingLength > 2) reader.knownByteLength = 0;
  return expect(reader, BODY, remainingLength);
}

/** Of PUBLISH and SUBACK; all others are short. */
function isOverMaximum(reader: PacketReader): boolean {
  return reader.packetByteLength > reader.maximumPacketByteLength;
}

/** Takes bytes[start, stop), which do not reach beyond the state. */
function consume(reader: PacketReader, bytes: Uint8Array, start: number, stop: number): number {
  const state = reader.state;
  let position = reader.position;
  reader.unread -= stop - start;
  if (state > BODY) position += stop - start;
  else {
    const scratch = reader.scratch;
    const known = state === TOPIC ? 2 + reader.knownByteLength : 0;
    while (start < stop) {
      const byte = bytes[start++]!;
      if (position < known && scratch[position] !== byte) reader.knownByteLength = 0;
      scratch[position++] = byte;
    }
  }
  reader.position = position;
  if (position === reader.goal) return complete(reader, state);
  return state === MESSAGE ? PAYLOAD : NEED_BYTES;
}

function complete(reader: PacketReader, state: number): number {
  switch (state) {
    case TOPIC_LENGTH:
      return beginTopic(reader, (reader.scratch[0]! << 8) | reader.scratch[1]!);
    case TOPIC:
      return completePublishHeader(reader);
    case BODY:
      return completeBody(reader, reader.first >> 4, reader.goal);
    case IDENTIFIER:
      return readIdentifier(reader, 0) ? beginRest(reader) : FAILED;
    case LONG_TOPIC:
      return reader.QoS > 0 ? expect(reader, IDENTIFIER, 2) : beginRest(reader);
    case MESSAGE:
      return finish(reader, PAYLOAD);
    default:
      return finish(reader, SKIPPED);
  }
}

function beginTopic(reader: PacketReader, topicByteLength: number): number {
  const { remainingLength } = reader;
  const goal = 2 + topicByteLength + (reader.QoS > 0 ? 2 : 0);
  if (topicByteLength === 0) return fail(reader, "with an empty topic"); // [MQTT-4.7.3-1]
  if (goal > remainingLength)
    return fail(reader, `with a topic of ${topicByteLength} bytes, Remaining Length ${remainingLength}`);
  if (goal > reader.scratch.length) return expect(reader, LONG_TOPIC, topicByteLength);
  if (topicByteLength !== reader.knownByteLength) reader.knownByteLength = 0;
  reader.topicByteLength = topicByteLength;
  reader.state = TOPIC;
  reader.goal = goal;
  return NEED_BYTES;
}

function completePublishHeader(reader: PacketReader): number {
  const topicEnd = 2 + reader.topicByteLength;
  if (reader.knownByteLength === 0) {
    // [MQTT-3.3.2-1], [MQTT-3.3.2-2]
    if (!isTopicName(reader.scratch, 2, topicEnd))
      return fail(reader, "with a wildcard, U+0000 or ill-formed UTF-8 in its topic");
    reader.knownByteLength = reader.topicByteLength;
    reader.topicText = undefined;
  }
  if (reader.QoS > 0 && !readIdentifier(reader, topicEnd)) return FAILED;
  if (isOverMaximum(reader)) return beginRest(reader);
  if (reader.unread > 0) expect(reader, MESSAGE, reader.unread);
  else reader.state = FIXED_HEADER;
  return PUBLISH_HEADER;
}

function completeBody(reader: PacketReader, type: number, byteLength: number): number {
  const scratch = reader.scratch;
  if (type === CONNACK) {
    if (scratch[0]! > 1) return fail(reader, `with acknowledge flags ${scratch[0]}`);
    if (scratch[1]! > 5) return fail(reader, `with return code ${scratch[1]}`);
    return finish(reader, PACKET);
  }
  if (!readIdentifier(reader, 0)) return FAILED;
  for (let index = 2; index < byteLength; index++) {
    const code = scratch[index]!;
    if (code > 2 && code !== 0x80) return fail(reader, `with return code ${code}`); // [MQTT-3.9.3-2]
    scratch[index - 2] = code;
  }
  return finish(reader, PACKET);
}

/** [MQTT-2.3.1-1]: a Packet Identifier is not zero. */
function readIdentifier(reader: PacketReader, offset: number): boolean {
  reader.packetIdentifier = (reader.scratch[offset]! << 8) | reader.scratch[offset + 1]!;
  if (reader.packetIdentifier > 0) return true;
  fail(reader, "with Packet Identifier 0");
  return false;
}

function beginRest(reader: PacketReader): number {
  return reader.unread > 0 ? expect(reader, REST, reader.unread) : finish(reader, SKIPPED);
}
