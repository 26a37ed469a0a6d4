import { PUBLISH, SUBSCRIBE, UNSUBSCRIBE } from "../control-packet";
import { MAXIMUM_KEEP_ALIVE, MAXIMUM_PACKET_IDENTIFIER } from "../limits";
import { assertInteger, INVALID_OPTION, INVALID_TOPIC, mqttError } from "../mqtt-error";
import {
  assertPacketIdentifier,
  assertQoS,
  CONNECT_HEADER_BYTE_LENGTH,
  packetByteLength,
  unsubscribeRemainingLength,
  type ConnectPacket as Version3ConnectPacket,
  type SubscribeItem as Version3SubscribeItem,
  writeBytes,
  writeConnectHeader,
  writeFixedHeader,
  writeRequestHeader,
  writeTwoBytes,
} from "../packet-writer";
import { TOPIC_ALIAS } from "./property";
import { propertiesByteLength, writeProperties } from "./property-writer";
import { isShared } from "./topic";

/*
 * Writes MQTT 5.0 packets, as ../packet-writer.ts writes those of 3.1.1: into a buffer of the caller, at an offset;
 * returns the offset after the last byte written and allocates nothing. Strings come "prefixed" (`encodeString`, ...)
 * and properties encoded (`encodeProperties`), so that both are encoded once and not once a packet. Throws MQTTError of
 * the USAGE family only, and INVALID_LENGTH when the packet does not fit the buffer: ask the `...ByteLength` function
 * first, and compare its answer with the server's Maximum Packet Size ([MQTT-3.2.2-15]). The packets whose Reason
 * String and User Properties may be left out take that limit as `maximumPacketByteLength`.
 */

export { writePingRequest } from "../packet-writer";
export {
  acknowledgementByteLength,
  reasonByteLength,
  writeAcknowledgement,
  writeAuth,
  writeDisconnect,
} from "./reason-writer";

/** Fields of CONNECT (MQTT 5.0 section 3.1). An empty `id` asks the server for one; `password` may stand alone. */
export interface ConnectPacket extends Version3ConnectPacket {
  /** Clean Start flag. */
  clean: boolean;
  properties?: Uint8Array | undefined;
  /** Without meaning when there is no will. */
  willProperties?: Uint8Array | undefined;
}

/** Retain Handling: what a subscription brings of retained messages (MQTT 5.0 section 3.8.3.1). */
export const SEND_RETAINED = 0;
export const SEND_RETAINED_IF_NEW = 1;
export const DO_NOT_SEND_RETAINED = 2;

/** One Topic Filter of SUBSCRIBE with its Subscription Options (MQTT 5.0 section 3.8.3.1). */
export interface SubscribeItem extends Version3SubscribeItem {
  /** True: not what this client publishes itself; never with a Shared Subscription. Default false. */
  noLocal?: boolean | undefined;
  /** True: messages keep the RETAIN flag they were published with. Default false: only retained ones have it. */
  retainAsPublished?: boolean | undefined;
  /** SEND_RETAINED (the default), SEND_RETAINED_IF_NEW or DO_NOT_SEND_RETAINED. */
  retainHandling?: number | undefined;
}

/** Identifier and two bytes. */
const TOPIC_ALIAS_BYTE_LENGTH = 3;

/**
 * Bytes of a whole CONNECT.
 * @throws {MQTTError} INVALID_OPTION or INVALID_QOS when the fields contradict each other or the standard
 */
export function connectByteLength(packet: ConnectPacket): number {
  return packetByteLength(connectRemainingLength(packet));
}

/** Writes a CONNECT (MQTT 5.0 section 3.1). Throws what `connectByteLength` throws. */
export function writeConnect(buffer: Uint8Array, offset: number, packet: ConnectPacket): number {
  const { willTopic, willMessage, user, password, properties, willProperties } = packet;
  offset = writeConnectHeader(buffer, offset, packet, 5, connectRemainingLength(packet));
  offset = writeAllProperties(buffer, offset, properties);
  // [MQTT-3.1.3-1]: in this order.
  offset = writeBytes(buffer, offset, packet.id);
  if (willTopic) {
    offset = writeAllProperties(buffer, offset, willProperties);
    offset = writeBytes(buffer, offset, willTopic);
    offset = writeBytes(buffer, offset, willMessage!);
  }
  if (user) offset = writeBytes(buffer, offset, user);
  if (password) offset = writeBytes(buffer, offset, password);
  return offset;
}

/**
 * Bytes of a whole PUBLISH.
 * @param topicByteLength - of the prefixed Topic Name: 3 to 65,537; 2 when the Topic Alias stands for it
 * @param propertyByteLength - of `properties`, as encoded
 * @throws {MQTTError} INVALID_LENGTH when the packet would be over 268,435,460 bytes
 */
export function publishByteLength(
  topicByteLength: number,
  payloadByteLength: number,
  QoS: number,
  topicAlias: number = 0,
  propertyByteLength: number = 0,
): number {
  if (topicAlias > 0) propertyByteLength += TOPIC_ALIAS_BYTE_LENGTH;
  const headerByteLength = topicByteLength + (QoS > 0 ? 2 : 0) + propertiesByteLength(propertyByteLength);
  return packetByteLength(headerByteLength + payloadByteLength);
}

/**
 * Writes all of a PUBLISH that stands before its payload (MQTT 5.0 section 3.3).
 * @param topic - Topic Name, prefixed; undefined when the server knows it by `topicAlias` already
 * @param payloadByteLength - 0 or more; the payload itself need not fit the buffer
 * @param QoS - 0 to 2
 * @param duplicate - DUP, for a PUBLISH sent again; never set at QoS 0 ([MQTT-3.3.1-2])
 * @param packetIdentifier - 1 to 65,535; ignored at QoS 0
 * @param topicAlias - 1 to the server's Topic Alias Maximum, see OutboundTopicAliases; default 0: none
 * @param properties - of `encodeProperties(PUBLISH, ...)`
 * @returns the offset where the payload goes
 */
export function writePublishHeader(
  buffer: Uint8Array,
  offset: number,
  topic: Uint8Array | undefined,
  payloadByteLength: number,
  QoS: number,
  retain: boolean,
  duplicate: boolean,
  packetIdentifier: number,
  topicAlias: number = 0,
  properties?: Uint8Array,
): number {
  assertQoS(QoS);
  assertInteger(topicAlias, 0, MAXIMUM_PACKET_IDENTIFIER, INVALID_OPTION, "Topic Alias");
  if (!topic && topicAlias === 0) throw mqttError(INVALID_TOPIC, "PUBLISH with neither topic nor alias");
  let flags = (PUBLISH << 4) | (QoS << 1);
  if (retain) flags |= 1;
  let headerByteLength = topic ? topic.length : 2;
  if (QoS > 0) {
    assertPacketIdentifier(packetIdentifier);
    if (duplicate) flags |= 8;
    headerByteLength += 2;
  }
  const given = properties ? properties.length : 0;
  const propertyByteLength = given + (topicAlias > 0 ? TOPIC_ALIAS_BYTE_LENGTH : 0);
  headerByteLength += propertiesByteLength(propertyByteLength);
  offset = writeFixedHeader(buffer, offset, flags, headerByteLength + payloadByteLength, headerByteLength);
  offset = topic ? writeBytes(buffer, offset, topic) : writeTwoBytes(buffer, offset, 0);
  if (QoS > 0) offset = writeTwoBytes(buffer, offset, packetIdentifier);
  offset = writeProperties(buffer, offset, undefined, propertyByteLength) - propertyByteLength;
  if (topicAlias > 0) {
    buffer[offset] = TOPIC_ALIAS;
    offset = writeTwoBytes(buffer, offset + 1, topicAlias);
  }
  return properties ? writeBytes(buffer, offset, properties) : offset;
}

/**
 * Bytes of a whole SUBSCRIBE.
 * @throws {MQTTError} INVALID_OPTION when there is no item ([MQTT-3.8.3-2]), for an option out of range and for No
 * Local on a Shared Subscription ([MQTT-3.8.3-4]); INVALID_QOS
 */
export function subscribeByteLength(items: readonly SubscribeItem[], properties?: Uint8Array): number {
  return packetByteLength(subscribeRemainingLength(items, properties));
}

/**
 * Writes a SUBSCRIBE (MQTT 5.0 section 3.8). Throws what `subscribeByteLength` throws.
 * @param properties - of `encodeProperties(SUBSCRIBE, ...)`
 */
export function writeSubscribe(
  buffer: Uint8Array,
  offset: number,
  packetIdentifier: number,
  items: readonly SubscribeItem[],
  properties?: Uint8Array,
): number {
  const remainingLength = subscribeRemainingLength(items, properties);
  offset = writeRequestHeader(buffer, offset, (SUBSCRIBE << 4) | 2, remainingLength, packetIdentifier);
  offset = writeAllProperties(buffer, offset, properties);
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!;
    offset = writeBytes(buffer, offset, item.topic);
    buffer[offset++] = subscriptionOptions(item);
  }
  return offset;
}

/**
 * Bytes of a whole UNSUBSCRIBE.
 * @param topics - Topic Filters, prefixed
 * @throws {MQTTError} INVALID_OPTION when there is none ([MQTT-3.10.3-2])
 */
export function unsubscribeByteLength(topics: readonly Uint8Array[], properties?: Uint8Array): number {
  return packetByteLength(unsubscribeRemainingLength(topics) + allPropertiesByteLength(properties));
}

/**
 * Writes an UNSUBSCRIBE (MQTT 5.0 section 3.10).
 * @param properties - of `encodeProperties(UNSUBSCRIBE, ...)`
 */
export function writeUnsubscribe(
  buffer: Uint8Array,
  offset: number,
  packetIdentifier: number,
  topics: readonly Uint8Array[],
  properties?: Uint8Array,
): number {
  const remainingLength = unsubscribeRemainingLength(topics) + allPropertiesByteLength(properties);
  offset = writeRequestHeader(buffer, offset, (UNSUBSCRIBE << 4) | 2, remainingLength, packetIdentifier);
  offset = writeAllProperties(buffer, offset, properties);
  for (let index = 0; index < topics.length; index++) offset = writeBytes(buffer, offset, topics[index]!);
  return offset;
}

function allPropertiesByteLength(properties: Uint8Array | undefined): number {
  return propertiesByteLength(properties ? properties.length : 0);
}

function writeAllProperties(buffer: Uint8Array, offset: number, properties: Uint8Array | undefined): number {
  return writeProperties(buffer, offset, properties, properties ? properties.length : 0);
}

function connectRemainingLength(packet: ConnectPacket): number {
  const { id, willTopic, willMessage, user, password, keepAlive } = packet;
  assertInteger(keepAlive, 0, MAXIMUM_KEEP_ALIVE, INVALID_OPTION, "keepAlive");
  if (!willTopic !== !willMessage) throw mqttError(INVALID_OPTION, "will needs topic and message");
  let byteLength = CONNECT_HEADER_BYTE_LENGTH + allPropertiesByteLength(packet.properties) + id.length;
  if (willTopic) {
    assertQoS(packet.willQoS ?? 0);
    byteLength += allPropertiesByteLength(packet.willProperties) + willTopic.length + willMessage!.length;
  }
  return byteLength + (user ? user.length : 0) + (password ? password.length : 0);
}

function subscribeRemainingLength(
  items: readonly SubscribeItem[],
  properties: Uint8Array | undefined,
): number {
  if (items.length === 0) throw mqttError(INVALID_OPTION, "SUBSCRIBE without a Topic Filter");
  let byteLength = 2 + allPropertiesByteLength(properties);
  for (let index = 0; index < items.length; index++) {
    const { topic, QoS, noLocal, retainHandling } = items[index]!;
    assertQoS(QoS);
    assertInteger(retainHandling ?? 0, 0, DO_NOT_SEND_RETAINED, INVALID_OPTION, "retainHandling");
    // [MQTT-3.8.3-4]
    if (noLocal && isShared(topic)) throw mqttError(INVALID_OPTION, "noLocal on a Shared Subscription");
    byteLength += topic.length + 1;
  }
  return byteLength;
}

/** [MQTT-3.8.3-5]: the two highest bits are zero. */
function subscriptionOptions(item: SubscribeItem): number {
  let options = item.QoS | ((item.retainHandling ?? 0) << 4);
  if (item.noLocal) options |= 4;
  if (item.retainAsPublished) options |= 8;
  return options;
}
