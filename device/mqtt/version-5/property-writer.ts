import { AUTH } from "../control-packet";
import { MAXIMUM_PACKET_IDENTIFIER, MAXIMUM_REMAINING_LENGTH } from "../limits";
import { assertInteger, INVALID_OPTION, mqttError } from "../mqtt-error";
import { remainingLengthByteLength, writeRemainingLength } from "../remaining-length";
import { encodeTopicName } from "../topic";
import { encodeBinary, encodeString } from "../utf8-string";
import {
  BINARY,
  BYTE,
  FOUR_BYTE_INTEGER,
  isPropertyOf,
  NOT_ZERO,
  propertyRow,
  REASON_STRING,
  RESPONSE_TOPIC,
  STRING,
  STRING_PAIR,
  TWO_BYTE_INTEGER,
  TYPE_MASK,
  USER_PROPERTY,
  valueEnd,
} from "./property";

/** A name and a value; names may repeat, and the order is kept. */
export type UserProperty = readonly [name: string, value: string];

/** Bytes, or text which is sent as UTF-8. */
export type BinaryValue = ArrayBuffer | Uint8Array | string;

export interface UserProperties {
  userProperties?: readonly UserProperty[] | undefined;
}

/** Of PUBACK, PUBREC, PUBREL and PUBCOMP; left out when the packet would be over the server's Maximum Packet Size. */
export interface AcknowledgementProperties extends UserProperties {
  /** For people, not to be parsed. */
  reasonString?: string | undefined;
}

/** Properties of CONNECT (MQTT 5.0 section 3.1.2.11). */
export interface ConnectProperties extends UserProperties {
  /** Seconds that the session outlives the connection; default 0; 4,294,967,295 for ever. */
  sessionExpiryInterval?: number | undefined;
  /** QoS 1 and 2 messages that the server may have in flight: 1 to 65,535, the default. */
  receiveMaximum?: number | undefined;
  /** Bytes of the largest packet that the server may send; over 0; default no limit. Give it to the reader too. */
  maximumPacketSize?: number | undefined;
  /** Topic Aliases that the server may use: 0 to 65,535, default 0. Give it to the reader too. */
  topicAliasMaximum?: number | undefined;
  /** 1: the server may return Response Information. Default 0. */
  requestResponseInformation?: 0 | 1 | undefined;
  /** 0: Reason String and User Properties only in PUBLISH, CONNACK and DISCONNECT. Default 1. Give it to the reader too. */
  requestProblemInformation?: 0 | 1 | undefined;
  authenticationMethod?: string | undefined;
  /** Only with `authenticationMethod`. */
  authenticationData?: BinaryValue | undefined;
}

/** Properties of PUBLISH (MQTT 5.0 section 3.3.2.3), without the Topic Alias: the writer has a parameter for it. */
export interface PublishProperties extends UserProperties {
  /** 1: the payload is UTF-8. Default 0. */
  payloadFormatIndicator?: 0 | 1 | undefined;
  /** Seconds that the message is worth delivering, to 4,294,967,295; default for ever. */
  messageExpiryInterval?: number | undefined;
  contentType?: string | undefined;
  /** Topic Name for the answer. */
  responseTopic?: string | undefined;
  /** What the answer shall carry, so that it is recognised. */
  correlationData?: BinaryValue | undefined;
}

/** Will Properties (MQTT 5.0 section 3.1.3.2). */
export interface WillProperties extends PublishProperties {
  /** Seconds between the end of the connection and the publication, to 4,294,967,295; default 0. */
  willDelayInterval?: number | undefined;
}

/** Properties of SUBSCRIBE (MQTT 5.0 section 3.8.2.1). */
export interface SubscribeProperties extends UserProperties {
  /** 1 to 268,435,455: messages of these subscriptions carry it. */
  subscriptionIdentifier?: number | undefined;
}

/** Properties of DISCONNECT from a client (MQTT 5.0 section 3.14.2.2). */
export interface DisconnectProperties extends AcknowledgementProperties {
  /** Seconds, replaces that of CONNECT; not over 0 when that was 0. */
  sessionExpiryInterval?: number | undefined;
}

/** Properties of AUTH (MQTT 5.0 section 3.15.2.2). */
export interface AuthProperties extends AcknowledgementProperties {
  /** The one of CONNECT ([MQTT-4.12.0-5]). */
  authenticationMethod: string;
  authenticationData?: BinaryValue | undefined;
}

/** By packet type: see control-packet.ts; 0 is WILL. */
export interface SentProperties {
  0: WillProperties;
  1: ConnectProperties;
  3: PublishProperties;
  4: AcknowledgementProperties;
  5: AcknowledgementProperties;
  6: AcknowledgementProperties;
  7: AcknowledgementProperties;
  8: SubscribeProperties;
  10: UserProperties;
  14: DisconnectProperties;
  15: AuthProperties;
}

/** What a client can send: identifier and name, ascending. Reason String and User Property, which may be left out, are last. */
const SENT: readonly (number | string)[] = Object.freeze([
  ...[1, "payloadFormatIndicator", 2, "messageExpiryInterval", 3, "contentType", 8, "responseTopic"],
  ...[9, "correlationData", 11, "subscriptionIdentifier", 17, "sessionExpiryInterval"],
  ...[21, "authenticationMethod", 22, "authenticationData", 23, "requestProblemInformation"],
  ...[24, "willDelayInterval", 25, "requestResponseInformation", 33, "receiveMaximum"],
  ...[34, "topicAliasMaximum", 39, "maximumPacketSize", 31, "reasonString", 38, "userProperties"],
]);

/**
 * Encodes the properties of a packet once, for all packets that carry them: what the writers take as `properties`,
 * without the Property Length, which they add.
 *
 * ```ts
 * const reading = encodeProperties(PUBLISH, { contentType: "text/plain", messageExpiryInterval: 600 });
 * ```
 * @param packet - CONNECT, WILL, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT or AUTH
 * @throws {MQTTError} INVALID_OPTION for a number out of its range, a property that the packet cannot have, and
 * Authentication Data without a method; INVALID_STRING and INVALID_TOPIC for text
 */
export function encodeProperties<Packet extends keyof SentProperties>(
  packet: Packet,
  values: SentProperties[Packet],
): Uint8Array {
  const given = values as Readonly<Record<string, unknown>>;
  const parts: Uint8Array[] = [];
  if (given.authenticationMethod === undefined && (packet === AUTH || given.authenticationData !== undefined))
    throw mqttError(INVALID_OPTION, "authenticationMethod is missing");
  for (let index = 0; index < SENT.length; index += 2) {
    const name = SENT[index + 1] as string;
    const value = given[name];
    if (value === undefined) continue;
    const identifier = SENT[index] as number;
    // A client's PUBLISH has no Subscription Identifier ([MQTT-3.3.4-6]).
    if (!isPropertyOf(identifier, packet) || (identifier === 11 && packet === 3))
      throw mqttError(INVALID_OPTION, `${name} is no property of packet type ${packet}`);
    encodeProperty(parts, identifier, name, value);
  }
  return concatenate(parts);
}

/**
 * How much of `properties` to send so that a packet is not over the server's limit ([MQTT-3.4.2-2] and its like): all,
 * or what stands before the User Properties, or before the Reason String.
 * @param properties - as `encodeProperties` gives them
 * @param most - bytes that there is room for, the Property Length included
 * @returns bytes; over the room when what must be sent does not fit
 */
export function fittingByteLength(properties: Uint8Array, most: number): number {
  let byteLength = properties.length;
  let required = 0;
  for (let position = 0; position < properties.length; ) {
    const identifier = properties[position]!;
    if (identifier === USER_PROPERTY || identifier === REASON_STRING) break;
    position = valueEnd(properties, position + 1, properties.length, propertyRow(identifier) & TYPE_MASK);
    required = position;
  }
  if (propertiesByteLength(byteLength) <= most) return byteLength;
  byteLength = required;
  // A Reason String stands before all User Properties.
  if (properties[required] === REASON_STRING) {
    const end = valueEnd(properties, required + 1, properties.length, STRING);
    if (propertiesByteLength(end) <= most) byteLength = end;
  }
  return byteLength;
}

/** Bytes of Property Length and properties. */
export function propertiesByteLength(byteLength: number): number {
  return remainingLengthByteLength(byteLength) + byteLength;
}

/**
 * Writes Property Length and properties.
 * @param byteLength - how many bytes of `properties` to write
 */
export function writeProperties(
  buffer: Uint8Array,
  offset: number,
  properties: Uint8Array | undefined,
  byteLength: number,
): number {
  offset = writeRemainingLength(buffer, offset, byteLength);
  if (properties)
    buffer.set(byteLength < properties.length ? properties.subarray(0, byteLength) : properties, offset);
  return offset + byteLength;
}

function encodeProperty(parts: Uint8Array[], identifier: number, name: string, value: unknown): void {
  const type = propertyRow(identifier) & TYPE_MASK;
  if (type === STRING_PAIR) {
    const pairs = value as readonly UserProperty[];
    for (let index = 0; index < pairs.length; index++)
      parts.push(Uint8Array.of(identifier), encodeString(pairs[index]![0]), encodeString(pairs[index]![1]));
    return;
  }
  parts.push(Uint8Array.of(identifier));
  if (type === BINARY) parts.push(encodeBinary(value as BinaryValue));
  else if (type !== STRING) parts.push(encodeNumber(identifier, type, name, value as number));
  else
    parts.push(
      identifier === RESPONSE_TOPIC ? encodeTopicName(value as string) : encodeString(value as string),
    );
}

function encodeNumber(identifier: number, type: number, name: string, value: number): Uint8Array {
  const minimum = propertyRow(identifier) & NOT_ZERO ? 1 : 0;
  if (type === FOUR_BYTE_INTEGER) {
    // Not assertInteger, which ends at 2 ** 31.
    if (value >>> 0 !== value || value < minimum)
      throw mqttError(INVALID_OPTION, `${name} ${value} is not ${minimum} to 4294967295`);
    return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
  }
  let maximum = MAXIMUM_REMAINING_LENGTH;
  // Every one-byte property that a client sends is a flag.
  if (type === BYTE) maximum = 1;
  else if (type === TWO_BYTE_INTEGER) maximum = MAXIMUM_PACKET_IDENTIFIER;
  assertInteger(value, minimum, maximum, INVALID_OPTION, name);
  if (type === TWO_BYTE_INTEGER) return Uint8Array.of(value >> 8, value);
  const bytes = new Uint8Array(remainingLengthByteLength(value));
  writeRemainingLength(bytes, 0, value);
  return bytes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  let byteLength = 0;
  for (let index = 0; index < parts.length; index++) byteLength += parts[index]!.length;
  const bytes = new Uint8Array(byteLength);
  byteLength = 0;
  for (let index = 0; index < parts.length; index++) {
    bytes.set(parts[index]!, byteLength);
    byteLength += parts[index]!.length;
  }
  return bytes;
}
