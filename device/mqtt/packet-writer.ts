import { CONNECT, DISCONNECT, PINGREQ, PUBLISH, PUBREL, SUBSCRIBE, UNSUBSCRIBE } from "./control-packet";
import { MAXIMUM_KEEP_ALIVE, MAXIMUM_PACKET_IDENTIFIER } from "./limits";
import {
  assertInteger,
  INVALID_LENGTH,
  INVALID_OPTION,
  INVALID_PACKET_IDENTIFIER,
  INVALID_QOS,
  type MQTTError,
  mqttError,
} from "./mqtt-error";
import { remainingLengthByteLength, writeRemainingLength } from "./remaining-length";

/*
 * Writes MQTT 3.1.1 packets into a buffer of the caller, at an offset; returns the offset after the last byte
 * written and allocates nothing. Strings come "prefixed": already encoded, with their two-byte length
 * (`encodeString`, `encodeTopicName`, ...), so that a topic is encoded once and not once a packet.
 * All throw MQTTError of the USAGE family only, and INVALID_LENGTH when the packet does not fit the buffer:
 * ask the `...ByteLength` function first.
 */

/** Fields of CONNECT (MQTT 3.1.1 section 3.1). Strings and binary data are prefixed. */
export interface ConnectPacket {
  /** Client Identifier; empty (`0, 0`) only with `clean` ([MQTT-3.1.3-7]). */
  id: Uint8Array;
  /** Clean Session flag. */
  clean: boolean;
  /** Seconds, 0 to 65,535; 0 switches the mechanism off. */
  keepAlive: number;
  user?: Uint8Array | undefined;
  /** Only with `user` ([MQTT-3.1.2-22]). */
  password?: Uint8Array | undefined;
  /** Will Topic, a Topic Name; together with `willMessage` or neither ([MQTT-3.1.2-9]). */
  willTopic?: Uint8Array | undefined;
  willMessage?: Uint8Array | undefined;
  /** 0 to 2, default 0; without meaning when there is no will. */
  willQoS?: number | undefined;
  /** Default false; without meaning when there is no will. */
  willRetain?: boolean | undefined;
}

/** One Topic Filter of SUBSCRIBE (MQTT 3.1.1 section 3.8.3). */
export interface SubscribeItem {
  /** Topic Filter, prefixed. */
  topic: Uint8Array;
  /** Largest QoS wanted, 0 to 2. */
  QoS: number;
}

/** Protocol Name, Protocol Level, Connect Flags, Keep Alive. */
export const CONNECT_HEADER_BYTE_LENGTH = 10;

/**
 * Bytes of a whole CONNECT.
 * @throws {MQTTError} INVALID_OPTION or INVALID_QOS when the fields contradict each other or the standard
 */
export function connectByteLength(packet: ConnectPacket): number {
  return packetByteLength(connectRemainingLength(packet));
}

/** Writes a CONNECT (MQTT 3.1.1 section 3.1). Throws what `connectByteLength` throws. */
export function writeConnect(buffer: Uint8Array, offset: number, packet: ConnectPacket): number {
  const { willTopic, willMessage, user, password } = packet;
  const remainingLength = connectRemainingLength(packet);
  offset = writeConnectHeader(buffer, offset, packet, 4, remainingLength);
  // [MQTT-3.1.3-1]: in this order.
  offset = writeBytes(buffer, offset, packet.id);
  if (willTopic) {
    offset = writeBytes(buffer, offset, willTopic);
    offset = writeBytes(buffer, offset, willMessage!);
  }
  if (user) offset = writeBytes(buffer, offset, user);
  if (password) offset = writeBytes(buffer, offset, password);
  return offset;
}

/**
 * Bytes of a whole PUBLISH.
 * @param topicByteLength - of the prefixed Topic Name: 3 to 65,537
 * @throws {MQTTError} INVALID_LENGTH when the packet would be over 268,435,460 bytes
 */
export function publishByteLength(topicByteLength: number, payloadByteLength: number, QoS: number): number {
  return packetByteLength(topicByteLength + (QoS > 0 ? 2 : 0) + payloadByteLength);
}

/**
 * Writes all of a PUBLISH that stands before its payload (MQTT 3.1.1 section 3.3).
 * @param topic - Topic Name, prefixed
 * @param payloadByteLength - 0 or more; the payload itself need not fit the buffer
 * @param QoS - 0 to 2
 * @param duplicate - DUP, for a PUBLISH sent again; never set at QoS 0 ([MQTT-3.3.1-2])
 * @param packetIdentifier - 1 to 65,535; ignored at QoS 0
 * @returns the offset where the payload goes
 */
export function writePublishHeader(
  buffer: Uint8Array,
  offset: number,
  topic: Uint8Array,
  payloadByteLength: number,
  QoS: number,
  retain: boolean,
  duplicate: boolean,
  packetIdentifier: number,
): number {
  assertQoS(QoS);
  let flags = (PUBLISH << 4) | (QoS << 1);
  if (retain) flags |= 1;
  let headerByteLength = topic.length;
  if (QoS > 0) {
    assertPacketIdentifier(packetIdentifier);
    if (duplicate) flags |= 8;
    headerByteLength += 2;
  }
  offset = writeFixedHeader(buffer, offset, flags, headerByteLength + payloadByteLength, headerByteLength);
  buffer.set(topic, offset);
  offset += topic.length;
  return QoS > 0 ? writeTwoBytes(buffer, offset, packetIdentifier) : offset;
}

/**
 * Writes a PUBACK, PUBREC, PUBREL or PUBCOMP, four bytes (MQTT 3.1.1 sections 3.4 to 3.7).
 * @param type - PUBACK, PUBREC, PUBREL or PUBCOMP
 * @param packetIdentifier - of the PUBLISH ([MQTT-2.3.1-6])
 */
export function writeAcknowledgement(
  buffer: Uint8Array,
  offset: number,
  type: number,
  packetIdentifier: number,
): number {
  assertPacketIdentifier(packetIdentifier);
  if (offset + 4 > buffer.length) throw tooShort(offset + 4, buffer);
  // [MQTT-3.6.1-1]: PUBREL has the flags 0010, the others have 0000.
  buffer[offset] = type === PUBREL ? 0x62 : type << 4;
  buffer[offset + 1] = 2;
  buffer[offset + 2] = packetIdentifier >> 8;
  buffer[offset + 3] = packetIdentifier;
  return offset + 4;
}

/**
 * Bytes of a whole SUBSCRIBE.
 * @throws {MQTTError} INVALID_OPTION when there is no item ([MQTT-3.8.3-3])
 */
export function subscribeByteLength(items: readonly SubscribeItem[]): number {
  return packetByteLength(subscribeRemainingLength(items));
}

/** Writes a SUBSCRIBE (MQTT 3.1.1 section 3.8). */
export function writeSubscribe(
  buffer: Uint8Array,
  offset: number,
  packetIdentifier: number,
  items: readonly SubscribeItem[],
): number {
  const remainingLength = subscribeRemainingLength(items);
  offset = writeRequestHeader(buffer, offset, (SUBSCRIBE << 4) | 2, remainingLength, packetIdentifier);
  for (let index = 0; index < items.length; index++) {
    const { topic, QoS } = items[index]!;
    offset = writeBytes(buffer, offset, topic);
    buffer[offset++] = QoS;
  }
  return offset;
}

/**
 * Bytes of a whole UNSUBSCRIBE.
 * @param topics - Topic Filters, prefixed
 * @throws {MQTTError} INVALID_OPTION when there is none ([MQTT-3.10.3-2])
 */
export function unsubscribeByteLength(topics: readonly Uint8Array[]): number {
  return packetByteLength(unsubscribeRemainingLength(topics));
}

/** Writes an UNSUBSCRIBE (MQTT 3.1.1 section 3.10). */
export function writeUnsubscribe(
  buffer: Uint8Array,
  offset: number,
  packetIdentifier: number,
  topics: readonly Uint8Array[],
): number {
  const remainingLength = unsubscribeRemainingLength(topics);
  offset = writeRequestHeader(buffer, offset, (UNSUBSCRIBE << 4) | 2, remainingLength, packetIdentifier);
  for (let index = 0; index < topics.length; index++) offset = writeBytes(buffer, offset, topics[index]!);
  return offset;
}

/** Writes a PINGREQ, two bytes (MQTT 3.1.1 section 3.12). */
export function writePingRequest(buffer: Uint8Array, offset: number): number {
  return writeFixedHeader(buffer, offset, PINGREQ << 4, 0, 0);
}

/** Writes a DISCONNECT, two bytes (MQTT 3.1.1 section 3.14). */
export function writeDisconnect(buffer: Uint8Array, offset: number): number {
  return writeFixedHeader(buffer, offset, DISCONNECT << 4, 0, 0);
}

// What follows and is exported serves version-5 too.

/** @param level - Protocol Level (in 5.0: Protocol Version): 4 or 5 */
export function writeConnectHeader(
  buffer: Uint8Array,
  offset: number,
  packet: ConnectPacket,
  level: number,
  remainingLength: number,
): number {
  offset = writeFixedHeader(buffer, offset, CONNECT << 4, remainingLength, remainingLength);
  buffer[offset++] = 0; // Protocol Name "MQTT": 4 bytes
  buffer[offset++] = 4;
  buffer[offset++] = 0x4d;
  buffer[offset++] = 0x51;
  buffer[offset++] = 0x54;
  buffer[offset++] = 0x54;
  buffer[offset++] = level;
  buffer[offset++] = connectFlags(packet);
  return writeTwoBytes(buffer, offset, packet.keepAlive);
}

export function packetByteLength(remainingLength: number): number {
  return 1 + remainingLengthByteLength(remainingLength) + remainingLength;
}

/** @param following - how many of the bytes after the fixed header must fit the buffer */
export function writeFixedHeader(
  buffer: Uint8Array,
  offset: number,
  first: number,
  remainingLength: number,
  following: number,
): number {
  const end = offset + 1 + remainingLengthByteLength(remainingLength) + following;
  // A store past the end of a typed array is silently lost.
  if (end > buffer.length) throw tooShort(end, buffer);
  buffer[offset] = first;
  return writeRemainingLength(buffer, offset + 1, remainingLength);
}

function tooShort(end: number, buffer: Uint8Array): MQTTError {
  return mqttError(INVALID_LENGTH, `packet ends at byte ${end}, buffer at ${buffer.length}`);
}

/** Fixed header and Packet Identifier. */
export function writeRequestHeader(
  buffer: Uint8Array,
  offset: number,
  first: number,
  remainingLength: number,
  packetIdentifier: number,
): number {
  assertPacketIdentifier(packetIdentifier);
  offset = writeFixedHeader(buffer, offset, first, remainingLength, remainingLength);
  return writeTwoBytes(buffer, offset, packetIdentifier);
}

/** Most significant byte first (MQTT 3.1.1 section 1.5.2). */
export function writeTwoBytes(buffer: Uint8Array, offset: number, value: number): number {
  buffer[offset] = value >> 8;
  buffer[offset + 1] = value;
  return offset + 2;
}

export function writeBytes(buffer: Uint8Array, offset: number, bytes: Uint8Array): number {
  buffer.set(bytes, offset);
  return offset + bytes.length;
}

function connectFlags(packet: ConnectPacket): number {
  let flags = packet.clean ? 0x02 : 0;
  if (packet.willTopic) flags |= 0x04 | ((packet.willQoS ?? 0) << 3) | (packet.willRetain ? 0x20 : 0);
  if (packet.password) flags |= 0x40;
  if (packet.user) flags |= 0x80;
  return flags;
}

function connectRemainingLength(packet: ConnectPacket): number {
  const { id, willTopic, willMessage, user, password, keepAlive } = packet;
  assertInteger(keepAlive, 0, MAXIMUM_KEEP_ALIVE, INVALID_OPTION, "keepAlive");
  if (id.length <= 2 && !packet.clean) throw mqttError(INVALID_OPTION, "an empty id needs clean");
  if (password && !user) throw mqttError(INVALID_OPTION, "password without user");
  if (!willTopic !== !willMessage) throw mqttError(INVALID_OPTION, "will needs topic and message");
  let byteLength = CONNECT_HEADER_BYTE_LENGTH + id.length;
  if (willTopic) {
    assertQoS(packet.willQoS ?? 0);
    byteLength += willTopic.length + willMessage!.length;
  }
  return byteLength + (user ? user.length : 0) + (password ? password.length : 0);
}

function subscribeRemainingLength(items: readonly SubscribeItem[]): number {
  if (items.length === 0) throw mqttError(INVALID_OPTION, "SUBSCRIBE without a Topic Filter");
  let byteLength = 2;
  for (let index = 0; index < items.length; index++) {
    const { topic, QoS } = items[index]!;
    assertQoS(QoS);
    byteLength += topic.length + 1;
  }
  return byteLength;
}

export function unsubscribeRemainingLength(topics: readonly Uint8Array[]): number {
  if (topics.length === 0) throw mqttError(INVALID_OPTION, "UNSUBSCRIBE without a Topic Filter");
  let byteLength = 2;
  for (let index = 0; index < topics.length; index++) byteLength += topics[index]!.length;
  return byteLength;
}

export function assertQoS(QoS: number): void {
  if (QoS >>> 0 !== QoS || QoS > 2) throw mqttError(INVALID_QOS, `QoS ${QoS} is not 0 to 2`);
}

export function assertPacketIdentifier(packetIdentifier: number): void {
  if ((packetIdentifier & MAXIMUM_PACKET_IDENTIFIER) !== packetIdentifier || packetIdentifier === 0)
    throw mqttError(INVALID_PACKET_IDENTIFIER, `Packet Identifier ${packetIdentifier} is not 1 to 65535`);
}
