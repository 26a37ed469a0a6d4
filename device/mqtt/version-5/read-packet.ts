import {
  AUTH,
  CONNACK,
  DISCONNECT,
  PINGRESP,
  PUBCOMP,
  PUBLISH,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "../control-packet";
import { PACKET_TOO_LARGE, PROTOCOL_ERROR } from "../mqtt-error";
import {
  expect,
  FAILED,
  FIXED_HEADER,
  fail,
  finish,
  MESSAGE,
  NEED_BYTES,
  PACKET,
  PAYLOAD,
  PUBLISH_HEADER,
  SKIPPED,
} from "../packet-reader";
import { isTopicName } from "../topic";
import { TOPIC_ALIAS_INVALID, TOPIC_ALIASES_FULL } from "./mqtt-error";
import type { PacketReader } from "./packet-reader";
import {
  REASON_STRING,
  readVariableByteInteger,
  TOPIC_ALIAS,
  USER_PROPERTY,
  variableByteIntegerEnd,
} from "./property";
import { isServerReasonCode, SUCCESS, UNSUPPORTED_PROTOCOL_VERSION } from "./reason-code";

/*
 * What PacketReader does with the bytes given to it, state by state.
 */

// States besides FIXED_HEADER (0), MESSAGE (7) and BROKEN (9). Those up to BODY keep their bytes in the scratch.
export const REMAINING_LENGTH = 1;
/** Topic length of a PUBLISH. */
const TOPIC_LENGTH = 2;
/** Topic and Packet Identifier of a PUBLISH. */
const TOPIC = 3;
/** Properties of a PUBLISH. */
const PROPERTIES = 4;
/** The first bytes of a packet whose rest will be skipped: Packet Identifier and Reason Code stand in them. */
const BEGINNING = 5;
/** All after the fixed header of the other packets. */
const BODY = 6;
/** Topic of a PUBLISH that is too long to keep. */
const LONG_TOPIC = 8;
/** The rest of a packet that is skipped. */
const REST = 10;
/** Property Length of a PUBLISH. */
export const PROPERTY_LENGTH = 11;

// The functions below return the event that the bytes make: NEED_BYTES while there is none.

export function beginPacket(reader: PacketReader, first: number): number {
  reader.state = REMAINING_LENGTH;
  reader.first = first;
  reader.packetIdentifier = 0;
  reader.topicByteLength = 0;
  reader.remainingLength = 0;
  reader.lengthByteLength = 0;
  reader.reasonCode = SUCCESS;
  reader.messageByteLength = 0;
  reader.properties.clear();
  const type = first >> 4;
  const flags = first & 15;
  if (type === PUBLISH) return checkPublishFlags(reader, flags);
  if (type === 0) return fail(reader, "is reserved");
  // For clients: CONNACK to PUBCOMP, and above them SUBACK, UNSUBACK, PINGRESP, DISCONNECT and AUTH.
  if (type < CONNACK || (type > PUBREL && type < DISCONNECT && (type & 1) === 0))
    return fail(reader, "is for servers", PROTOCOL_ERROR);
  if (flags !== (type === PUBREL ? 2 : 0)) return fail(reader, `with flags ${flags}`); // [MQTT-2.1.3-1]
  return NEED_BYTES;
}

function checkPublishFlags(reader: PacketReader, flags: number): number {
  if ((flags & 6) === 6) return fail(reader, "with QoS 3"); // [MQTT-3.3.1-4]
  if ((flags & 14) === 8) return fail(reader, "with DUP at QoS 0"); // [MQTT-3.3.1-2]
  return NEED_BYTES;
}

/** One byte of the Remaining Length (MQTT 5.0 section 2.1.4). */
export function readRemainingLength(reader: PacketReader, byte: number): number {
  const count = reader.lengthByteLength++;
  reader.remainingLength |= (byte & 0x7f) << (7 * count);
  if (byte === 0 && count > 0) return fail(reader, "with an overlong Remaining Length"); // [MQTT-1.5.5-1]
  if (byte < 0x80) return beginBody(reader, reader.first >> 4, reader.remainingLength);
  return count === 3 ? fail(reader, "with Remaining Length over 4 bytes") : NEED_BYTES;
}

function beginBody(reader: PacketReader, type: number, remainingLength: number): number {
  reader.unread = remainingLength;
  if (!isRemainingLength(type, reader.QoS, remainingLength))
    return fail(reader, `with Remaining Length ${remainingLength}`);
  if (reader.packetByteLength > reader.maximumPacketByteLength)
    return fail(reader, `of ${reader.packetByteLength} bytes`, PACKET_TOO_LARGE);
  if (remainingLength === 0) return finish(reader, PACKET);
  if (type === PUBLISH) return expect(reader, TOPIC_LENGTH, 2);
  if (remainingLength <= reader.scratch.length) return expect(reader, BODY, remainingLength);
  if (type === CONNACK || type === AUTH) return tooLong(reader);
  return expect(reader, BEGINNING, type <= PUBCOMP ? 3 : 2);
}

/** Whether a packet of the type can be so long; what is in it decides later. */
function isRemainingLength(type: number, QoS: number, remainingLength: number): boolean {
  switch (type) {
    case PUBLISH:
      return remainingLength >= (QoS > 0 ? 5 : 3);
    case SUBACK:
    case UNSUBACK:
      return remainingLength >= 4;
    case PINGRESP:
      return remainingLength === 0;
    case DISCONNECT:
      return true;
    case AUTH:
      return remainingLength !== 1;
    default:
      return remainingLength >= 2;
  }
}

function tooLong(reader: PacketReader): number {
  return fail(reader, `does not fit ${reader.scratch.length} bytes`, PACKET_TOO_LARGE);
}

/** Takes bytes[start, stop), which do not reach beyond the state. */
export function consume(reader: PacketReader, bytes: Uint8Array, start: number, stop: number): number {
  const { state } = reader;
  let { position } = reader;
  reader.unread -= stop - start;
  if (state > BODY) position += stop - start;
  else {
    const { scratch } = reader;
    while (start < stop) scratch[position++] = bytes[start++]!;
  }
  reader.position = position;
  if (position === reader.goal) return complete(reader, state);
  return state === MESSAGE ? PAYLOAD : NEED_BYTES;
}

function complete(reader: PacketReader, state: number): number {
  switch (state) {
    case TOPIC_LENGTH:
      return beginTopic(reader, twoBytes(reader, 0));
    case TOPIC:
      return completeTopic(reader, 2 + reader.topicByteLength);
    case PROPERTIES:
      return completeProperties(reader);
    case BEGINNING:
      return completeBeginning(reader, reader.first >> 4);
    case BODY:
      return completeBody(reader, reader.first >> 4);
    case LONG_TOPIC:
      return reader.QoS > 0 ? expect(reader, BEGINNING, 2) : beginRest(reader);
    case MESSAGE:
      return finish(reader, PAYLOAD);
    default:
      return finish(reader, SKIPPED);
  }
}

function beginTopic(reader: PacketReader, topicByteLength: number): number {
  const headerByteLength = 2 + topicByteLength + (reader.QoS > 0 ? 2 : 0);
  // A byte at least must be left for the Property Length.
  if (headerByteLength >= reader.remainingLength)
    return fail(
      reader,
      `with a topic of ${topicByteLength} bytes, Remaining Length ${reader.remainingLength}`,
    );
  if (headerByteLength > reader.scratch.length) {
    if (reader.aliases.maximum > 0) return tooLong(reader);
    return expect(reader, LONG_TOPIC, topicByteLength);
  }
  reader.topicBytes = reader.scratch;
  reader.topicByteLength = topicByteLength;
  reader.state = TOPIC;
  // Without a topic it is reached already.
  reader.goal = headerByteLength;
  return NEED_BYTES;
}

function completeTopic(reader: PacketReader, topicEnd: number): number {
  // [MQTT-3.3.2-1], [MQTT-3.3.2-2]; without a topic there must be an alias.
  if (topicEnd > 2 && !isTopicName(reader.scratch, 2, topicEnd))
    return fail(reader, "with a wildcard, U+0000 or ill-formed UTF-8 in its topic");
  if (reader.QoS > 0 && !readIdentifier(reader, topicEnd)) return FAILED;
  reader.state = PROPERTY_LENGTH;
  reader.propertyLengthBits = 0;
  reader.goal = 0;
  return NEED_BYTES;
}

/** One byte of the Property Length of a PUBLISH (MQTT 5.0 section 2.2.2.1). */
export function readPropertyLength(reader: PacketReader, byte: number): number {
  const bits = reader.propertyLengthBits;
  reader.unread -= 1;
  reader.propertyLengthBits = bits + 7;
  reader.goal |= (byte & 0x7f) << bits;
  if (byte === 0 && bits > 0) return fail(reader, "with an overlong Property Length"); // [MQTT-1.5.5-1]
  if (byte > 0x7f)
    return bits < 21 && reader.unread > 0
      ? NEED_BYTES
      : fail(reader, "with a Property Length that does not end");
  const { goal, position, unread } = reader;
  if (goal > unread) return fail(reader, `with properties of ${goal} bytes where ${unread} are left`);
  reader.goal = position + goal;
  reader.state = PROPERTIES;
  if (goal === 0) return completeProperties(reader);
  if (reader.goal <= reader.scratch.length) return NEED_BYTES;
  return reader.aliases.maximum > 0 ? tooLong(reader) : beginRest(reader);
}

function completeProperties(reader: PacketReader): number {
  const { properties, position, goal } = reader;
  const start = 2 + reader.topicByteLength + (reader.QoS > 0 ? 2 : 0);
  const error = position > start ? properties.load(start, goal, PUBLISH) : 0;
  if (error !== 0) return fail(reader, properties.detail, error);
  if (!resolveTopic(reader)) return FAILED;
  reader.messageByteLength = reader.unread;
  if (reader.unread > 0) expect(reader, MESSAGE, reader.unread);
  else reader.state = FIXED_HEADER;
  return PUBLISH_HEADER;
}

/** Topic Alias (MQTT 5.0 section 3.3.2.3.4). */
function resolveTopic(reader: PacketReader): boolean {
  const { aliases, topicByteLength } = reader;
  const alias = reader.properties.get(TOPIC_ALIAS) ?? 0;
  let error = PROTOCOL_ERROR;
  let found = "with neither topic nor alias";
  if (alias > aliases.maximum) {
    error = TOPIC_ALIAS_INVALID;
    found = `with alias ${alias}, maximum ${aliases.maximum}`; // [MQTT-3.3.2-11]
  } else if (alias === 0) {
    if (topicByteLength > 0) return true;
  } else if (topicByteLength > 0) {
    if (aliases.set(alias, reader.scratch, 2 + topicByteLength)) return true;
    error = TOPIC_ALIASES_FULL;
    found = `with an alias whose topic is over the limit of ${aliases.limit} bytes`;
  } else {
    const topic = aliases.get(alias);
    if (topic) {
      reader.topicBytes = topic;
      reader.topicByteLength = topic.length - 2;
      return true;
    }
    found = `with alias ${alias}, which stands for nothing`;
  }
  fail(reader, found, error);
  return false;
}

function completeBeginning(reader: PacketReader, type: number): number {
  if (type === DISCONNECT) return readReasonCode(reader, 0) ? beginRest(reader) : FAILED;
  if (!readIdentifier(reader, 0)) return FAILED;
  if (reader.goal === 3 && !readReasonCode(reader, 2)) return FAILED;
  return beginRest(reader);
}

function completeBody(reader: PacketReader, type: number): number {
  switch (type) {
    case CONNACK:
      return completeConnack(reader, reader.scratch[0]!);
    case SUBACK:
    case UNSUBACK:
      return completeCodes(reader, type);
    case DISCONNECT:
    case AUTH:
      return readReasonCode(reader, 0) ? completeWithProperties(reader, 1) : FAILED;
    default:
      if (!readIdentifier(reader, 0)) return FAILED;
      // MQTT 5.0 sections 3.4.2.1 and 3.4.2.2.1: without Reason Code it is 0.
      if (reader.remainingLength > 2 && !readReasonCode(reader, 2)) return FAILED;
      return completeWithProperties(reader, 3);
  }
}

function completeConnack(reader: PacketReader, flags: number): number {
  if (flags > 1) return fail(reader, `with acknowledge flags ${flags}`); // [MQTT-3.2.2-1]
  if (reader.remainingLength > 2)
    return readReasonCode(reader, 1) ? completeWithProperties(reader, 2) : FAILED;
  // A packet of 3.1.1: a server that does not know 5.0 cannot say so in any other way.
  reader.reasonCode = UNSUPPORTED_PROTOCOL_VERSION;
  return finish(reader, PACKET);
}

function completeCodes(reader: PacketReader, type: number): number {
  const { scratch, remainingLength } = reader;
  if (!readIdentifier(reader, 0)) return FAILED;
  const codesStart = readProperties(reader, 2);
  if (codesStart === 0) return FAILED;
  if (codesStart === remainingLength) return fail(reader, "without Reason Codes");
  for (let index = codesStart; index < remainingLength; index++)
    if (!isServerReasonCode(type, scratch[index]!)) return refuseReasonCode(reader, scratch[index]!);
  reader.codesStart = codesStart;
  return finish(reader, PACKET);
}

/** @param start - of the Property Length */
function completeWithProperties(reader: PacketReader, start: number): number {
  const { remainingLength } = reader;
  if (start >= remainingLength) return finish(reader, PACKET);
  const end = readProperties(reader, start);
  if (end === 0) return FAILED;
  return end === remainingLength
    ? finish(reader, PACKET)
    : fail(reader, `with ${remainingLength - end} bytes after its properties`);
}

/**
 * Property Length and properties of a whole packet in the scratch.
 * @returns the offset after them; 0 when they failed
 */
function readProperties(reader: PacketReader, offset: number): number {
  const { scratch, remainingLength } = reader;
  const start = variableByteIntegerEnd(scratch, offset, remainingLength);
  if (start > 0) {
    const end = start + readVariableByteInteger(scratch, offset);
    if (end <= remainingLength) return loadProperties(reader, start, end, reader.first >> 4) ? end : 0;
  }
  fail(reader, "with a wrong Property Length");
  return 0;
}

function loadProperties(reader: PacketReader, start: number, end: number, type: number): boolean {
  const { properties } = reader;
  const error = properties.load(start, end, type);
  if (error !== 0) fail(reader, properties.detail, error);
  else if (isUnwanted(reader, type))
    fail(reader, "with problem information, which was declined", PROTOCOL_ERROR);
  else return true;
  return false;
}

/** MQTT 5.0 section 3.1.2.11.7. */
function isUnwanted(reader: PacketReader, type: number): boolean {
  if (reader.problemInformation || type === CONNACK || type === DISCONNECT) return false;
  return reader.properties.has(REASON_STRING) || reader.properties.has(USER_PROPERTY);
}

function twoBytes(reader: PacketReader, offset: number): number {
  return (reader.scratch[offset]! << 8) | reader.scratch[offset + 1]!;
}

/** [MQTT-2.2.1-4]: a Packet Identifier is not zero. */
function readIdentifier(reader: PacketReader, offset: number): boolean {
  reader.packetIdentifier = twoBytes(reader, offset);
  if (reader.packetIdentifier > 0) return true;
  fail(reader, "with Packet Identifier 0");
  return false;
}

function readReasonCode(reader: PacketReader, offset: number): boolean {
  reader.reasonCode = reader.scratch[offset]!;
  if (isServerReasonCode(reader.first >> 4, reader.reasonCode)) return true;
  refuseReasonCode(reader, reader.reasonCode);
  return false;
}

function refuseReasonCode(reader: PacketReader, reasonCode: number): number {
  return fail(reader, `with Reason Code ${reasonCode}`, PROTOCOL_ERROR);
}

/** Something is always left: properties, or the byte that says there are none. */
function beginRest(reader: PacketReader): number {
  return expect(reader, REST, reader.unread);
}
