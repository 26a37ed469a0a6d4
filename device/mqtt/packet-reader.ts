import { CONNACK, PINGRESP, PUBLISH, PUBREL, SUBACK } from "./control-packet";
import { DEFAULT_HEADER_BYTE_LENGTH, MAXIMUM_PACKET_BYTE_LENGTH } from "./limits";
import { INVALID_LENGTH, INVALID_OPTION, MALFORMED_PACKET, mqttError, PROTOCOL_ERROR } from "./mqtt-error";
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

// States: what the next byte belongs to.
const FIXED_HEADER = 0;
const REMAINING_LENGTH = 1;
/** Topic length of a PUBLISH. */
const TOPIC_LENGTH = 2;
/** Topic and Packet Identifier of a PUBLISH. */
const TOPIC = 3;
/** Topic of a PUBLISH that is too long to keep. */
const LONG_TOPIC = 4;
/** Packet Identifier of a packet that will be skipped. */
const IDENTIFIER = 5;
/** All after the fixed header of the other packets. */
const BODY = 6;
const MESSAGE = 7;
const REST = 8;
const BROKEN = 9;

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
  /** @internal Where the next byte goes in `scratch`. */ position: number;
  /** @internal The position that completes the state. */ goal: number;
  /** @internal */ skipping: boolean;
  /** @internal */ readonly scratch: Uint8Array;
  /** @internal */ readonly maximumPacketByteLength: number;

  /** @throws {MQTTError} INVALID_OPTION when `headerByteLength` is under 4 */
  constructor(options?: PacketReaderOptions) {
    const headerByteLength = options?.headerByteLength ?? DEFAULT_HEADER_BYTE_LENGTH;
    if (!(headerByteLength >= 4))
      throw mqttError(INVALID_OPTION, `headerByteLength ${headerByteLength} is under 4`);
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
    this.skipping = false;
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
    return this.remainingLength - this.goal;
  }

  /** Bytes of the payload of this PUBLISH not yet consumed. */
  get payloadRemaining(): number {
    return this.state === MESSAGE ? this.unread : 0;
  }

  /** Topic Name of a PUBLISH, decoded at each call; valid until the next packet begins. */
  get topic(): string {
    return decodeString(this.scratch, 2, 2 + this.topicByteLength);
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
    this.event = NEED_BYTES;
    while (start < end && this.event === NEED_BYTES) {
      const state = this.state;
      if (state === FIXED_HEADER) beginPacket(this, bytes[start++]!);
      else if (state === REMAINING_LENGTH) readRemainingLength(this, bytes[start++]!);
      else if (state < MESSAGE && state !== LONG_TOPIC) start = collect(this, bytes, start, end);
      else start = pass(this, start, end);
    }
    return start;
  }

  /**
   * Tells the reader that its owner took payload bytes itself, past the reader.
   * @param count - 0 to `payloadRemaining`
   * @throws {MQTTError} INVALID_LENGTH when more than `payloadRemaining`
   */
  takePayload(count: number): void {
    if (!(count >= 0 && count <= this.payloadRemaining))
      throw mqttError(INVALID_LENGTH, `${count} of ${this.payloadRemaining} payload bytes`);
    this.unread -= count;
    if (this.unread === 0) this.state = FIXED_HEADER;
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

function fail(reader: PacketReader, detail: string, error: number = MALFORMED_PACKET): void {
  reader.state = BROKEN;
  reader.event = FAILED;
  reader.error = error;
  reader.detail = detail;
}

function finish(reader: PacketReader, event: number): void {
  reader.state = FIXED_HEADER;
  reader.event = event;
}

function expect(reader: PacketReader, state: number, goal: number): void {
  reader.state = state;
  reader.position = 0;
  reader.goal = goal;
}

/** Type and flags (MQTT 3.1.1 sections 2.2.1, 2.2.2 and 3.3.1). */
function beginPacket(reader: PacketReader, first: number): void {
  const type = first >> 4;
  const flags = first & 15;
  reader.first = first;
  reader.packetIdentifier = 0;
  reader.topicByteLength = 0;
  reader.remainingLength = 0;
  reader.lengthByteLength = 0;
  reader.skipping = false;
  if (type === PUBLISH) {
    if ((first & 6) === 6) return fail(reader, "PUBLISH with QoS 3"); // [MQTT-3.3.1-4]
    if ((first & 14) === 8) return fail(reader, "PUBLISH with DUP at QoS 0"); // [MQTT-3.3.1-2]
  } else {
    if (type === 0 || type === 15) return fail(reader, `packet type ${type} is reserved`);
    if (!isForClient(type)) return fail(reader, `packet type ${type} is for servers`, PROTOCOL_ERROR);
    // [MQTT-2.2.2-2]
    if (flags !== (type === PUBREL ? 2 : 0)) return fail(reader, `packet type ${type} with flags ${flags}`);
  }
  reader.state = REMAINING_LENGTH;
}

/** CONNACK to PUBCOMP, SUBACK, UNSUBACK, PINGRESP. */
function isForClient(type: number): boolean {
  return type < 8 ? type >= CONNACK : (type & 1) !== 0;
}

/** One byte of the Remaining Length (MQTT 3.1.1 section 2.2.3). */
function readRemainingLength(reader: PacketReader, byte: number): void {
  const count = reader.lengthByteLength++;
  reader.remainingLength |= (byte & 0x7f) << (7 * count);
  if (byte < 0x80) beginBody(reader, reader.first >> 4, reader.remainingLength);
  else if (count === 3) fail(reader, "Remaining Length of more than 4 bytes");
}

function beginBody(reader: PacketReader, type: number, remainingLength: number): void {
  reader.unread = remainingLength;
  if (type === PUBLISH || type === SUBACK) {
    const minimum = reader.first > 0x31 && type === PUBLISH ? 5 : 3;
    if (remainingLength < minimum) return failLength(reader);
    reader.skipping = reader.packetByteLength > reader.maximumPacketByteLength;
    if (type === PUBLISH) return expect(reader, TOPIC_LENGTH, 2);
    if (remainingLength > reader.scratch.length) reader.skipping = true;
    return reader.skipping ? expect(reader, IDENTIFIER, 2) : expect(reader, BODY, remainingLength);
  }
  if (type === PINGRESP) {
    if (remainingLength !== 0) return failLength(reader);
    return finish(reader, PACKET);
  }
  if (remainingLength !== 2) return failLength(reader);
  expect(reader, BODY, 2);
}

function failLength(reader: PacketReader): void {
  fail(reader, `packet type ${reader.first >> 4} with Remaining Length ${reader.remainingLength}`);
}

/** Copies into the scratch up to the goal of the state. */
function collect(reader: PacketReader, bytes: Uint8Array, start: number, end: number): number {
  const scratch = reader.scratch;
  const goal = reader.goal;
  let position = reader.position;
  const from = start;
  while (start < end && position < goal) scratch[position++] = bytes[start++]!;
  reader.position = position;
  reader.unread -= start - from;
  if (position === goal) completeState(reader, reader.state);
  return start;
}

function completeState(reader: PacketReader, state: number): void {
  if (state === TOPIC_LENGTH) beginTopic(reader, (reader.scratch[0]! << 8) | reader.scratch[1]!);
  else if (state === TOPIC) completePublishHeader(reader);
  else if (state === BODY) completeBody(reader, reader.first >> 4);
  else if (readIdentifier(reader, 0)) skipRest(reader); // IDENTIFIER
}

function beginTopic(reader: PacketReader, topicByteLength: number): void {
  const identifierByteLength = reader.QoS > 0 ? 2 : 0;
  const goal = 2 + topicByteLength + identifierByteLength;
  if (topicByteLength === 0) return fail(reader, "PUBLISH with an empty topic"); // [MQTT-4.7.3-1]
  if (goal > reader.remainingLength)
    return fail(
      reader,
      `topic of ${topicByteLength} bytes in a Remaining Length of ${reader.remainingLength}`,
    );
  if (goal > reader.scratch.length) {
    reader.skipping = true;
    return expect(reader, LONG_TOPIC, topicByteLength);
  }
  reader.topicByteLength = topicByteLength;
  reader.state = TOPIC;
  reader.goal = goal;
}

function completePublishHeader(reader: PacketReader): void {
  const topicEnd = 2 + reader.topicByteLength;
  // [MQTT-3.3.2-1], [MQTT-3.3.2-2]
  if (!isTopicName(reader.scratch, 2, topicEnd))
    return fail(reader, "topic with a wildcard, U+0000 or ill-formed UTF-8");
  if (topicEnd < reader.goal && !readIdentifier(reader, topicEnd)) return;
  if (reader.skipping) return skipRest(reader);
  reader.event = PUBLISH_HEADER;
  reader.state = reader.unread > 0 ? MESSAGE : FIXED_HEADER;
}

function completeBody(reader: PacketReader, type: number): void {
  const scratch = reader.scratch;
  if (type === CONNACK) {
    if (scratch[0]! > 1) return fail(reader, `CONNACK with flags ${scratch[0]}`);
    if (scratch[1]! > 5) return fail(reader, `CONNACK with return code ${scratch[1]}`);
  } else {
    if (!readIdentifier(reader, 0)) return;
    if (type === SUBACK) {
      const count = reader.goal - 2;
      scratch.copyWithin(0, 2, 2 + count);
      for (let index = 0; index < count; index++) {
        const code = scratch[index]!;
        if (code > 2 && code !== 0x80) return fail(reader, `SUBACK with return code ${code}`); // [MQTT-3.9.3-2]
      }
    }
  }
  finish(reader, PACKET);
}

/** [MQTT-2.3.1-1]: a Packet Identifier is not zero. */
function readIdentifier(reader: PacketReader, offset: number): boolean {
  const scratch = reader.scratch;
  const packetIdentifier = (scratch[offset]! << 8) | scratch[offset + 1]!;
  if (packetIdentifier === 0) {
    fail(reader, `packet type ${reader.first >> 4} with Packet Identifier 0`);
    return false;
  }
  reader.packetIdentifier = packetIdentifier;
  return true;
}

function skipRest(reader: PacketReader): void {
  if (reader.unread > 0) reader.state = REST;
  else finish(reader, SKIPPED);
}

/** Lets bytes go by: a payload for the owner, or what is skipped. */
function pass(reader: PacketReader, start: number, end: number): number {
  const state = reader.state;
  const wanted = state === LONG_TOPIC ? reader.goal - reader.position : reader.unread;
  const count = end - start < wanted ? end - start : wanted;
  reader.unread -= count;
  if (state === MESSAGE) reader.event = PAYLOAD;
  if (state === LONG_TOPIC) reader.position += count;
  if (count === wanted) completePass(reader, state);
  return start + count;
}

function completePass(reader: PacketReader, state: number): void {
  if (state === MESSAGE) reader.state = FIXED_HEADER;
  else if (state === REST) finish(reader, SKIPPED);
  else if (reader.QoS > 0) expect(reader, IDENTIFIER, 2);
  else skipRest(reader);
}
