import { encodeTopicName } from "../../../device/mqtt/topic";
import { encodeBinary, encodeString } from "../../../device/mqtt/utf8-string";
import {
  acknowledgementByteLength,
  type ConnectPacket,
  connectByteLength,
  publishByteLength,
  reasonByteLength,
  type SubscribeItem,
  subscribeByteLength,
  unsubscribeByteLength,
  writeAcknowledgement,
  writeAuth,
  writeConnect,
  writeDisconnect,
  writePingRequest,
  writePublishHeader,
  writeSubscribe,
  writeUnsubscribe,
} from "../../../device/mqtt/version-5/packet-writer";
import { encodeProperties, type SentProperties } from "../../../device/mqtt/version-5/property-writer";
import { encodeTopicFilter } from "../../../device/mqtt/version-5/topic";
import type { ConnectValue, PacketValue, PropertyList, PublishValue, SubscribeValue } from "./packet";

/** What a test writes into: bytes that no packet has by chance, so that a byte left out shows. */
const FILL = 0xa5;

/** Writes a client's packet at an offset of a buffer that has room for it and no more; checks that no byte beside it changed. */
export function writePacket(packet: PacketValue, offset: number): Uint8Array {
  const byteLength = packetByteLength(packet);
  const guard = 3;
  const memory = new Uint8Array(offset + byteLength + guard).fill(FILL);
  const end = write(memory.subarray(0, offset + byteLength), offset, packet);
  if (end !== offset + byteLength) throw new Error(`${end - offset} bytes written, ${byteLength} announced`);
  for (const byte of [...memory.subarray(0, offset), ...memory.subarray(end)])
    if (byte !== FILL) throw new Error("wrote outside the packet");
  return memory.slice(offset, end);
}

/** The list as the options object that `encodeProperties` takes. */
export function encodeList(packet: number, list: PropertyList = []): Uint8Array {
  const values: Record<string, unknown> = {};
  for (const [name, value] of list)
    if (name === "userProperty")
      values.userProperties = [...((values.userProperties as unknown[]) ?? []), value];
    else if (name !== "topicAlias")
      values[name] = Array.isArray(value) ? Uint8Array.from(value as number[]) : value;
  return encodeProperties(packet as keyof SentProperties, values as never);
}

function topicAlias(packet: PublishValue): number {
  const row = packet.properties?.find(([name]) => name === "topicAlias");
  return row ? (row[1] as number) : 0;
}

function packetByteLength(packet: PacketValue): number {
  switch (packet.type) {
    case 1:
      return connectByteLength(connectPacket(packet));
    case 3: {
      const { topic, payload, QoS, properties } = packet;
      const topicByteLength = topic === "" ? 2 : encodeTopicName(topic).length;
      const propertyByteLength = encodeList(3, properties).length;
      return publishByteLength(topicByteLength, payload.length, QoS, topicAlias(packet), propertyByteLength);
    }
    case 8:
      return subscribeByteLength(subscribeItems(packet.items), encodeList(8, packet.properties));
    case 10:
      return unsubscribeByteLength(packet.topics.map(encodeTopicFilter), encodeList(10, packet.properties));
    case 4:
    case 5:
    case 6:
    case 7:
      return acknowledgementByteLength(packet.reasonCode, encodeList(packet.type, packet.properties));
    case 14:
    case 15:
      return reasonByteLength(packet.reasonCode, encodeList(packet.type, packet.properties));
    default:
      return 2;
  }
}

function write(buffer: Uint8Array, offset: number, packet: PacketValue): number {
  if (packet.type === 12) return writePingRequest(buffer, offset);
  const properties = "properties" in packet ? encodeList(packet.type, packet.properties) : new Uint8Array();
  switch (packet.type) {
    case 1:
      return writeConnect(buffer, offset, connectPacket(packet));
    case 3:
      return writePublish(buffer, offset, packet, properties);
    case 4:
    case 5:
    case 6:
    case 7: {
      const { type, packetIdentifier, reasonCode } = packet;
      return writeAcknowledgement(buffer, offset, type, packetIdentifier, reasonCode, properties);
    }
    case 8:
      return writeSubscribe(
        buffer,
        offset,
        packet.packetIdentifier,
        subscribeItems(packet.items),
        properties,
      );
    case 10:
      return writeUnsubscribe(
        buffer,
        offset,
        packet.packetIdentifier,
        packet.topics.map(encodeTopicFilter),
        properties,
      );
    case 14:
      return writeDisconnect(buffer, offset, packet.reasonCode, properties);
    case 15:
      return writeAuth(buffer, offset, packet.reasonCode, properties);
    default:
      throw new Error(`clients send no packet type ${packet.type}`);
  }
}

function writePublish(
  buffer: Uint8Array,
  offset: number,
  packet: PublishValue,
  properties: Uint8Array,
): number {
  const { topic, payload, QoS, retain, duplicate, packetIdentifier } = packet;
  const end = writePublishHeader(
    buffer,
    offset,
    topic === "" ? undefined : encodeTopicName(topic),
    payload.length,
    QoS,
    retain,
    duplicate,
    packetIdentifier,
    topicAlias(packet),
    properties.length > 0 ? properties : undefined,
  );
  buffer.set(payload, end);
  return end + payload.length;
}

function subscribeItems(items: SubscribeValue["items"]): SubscribeItem[] {
  return items.map((item) => ({ ...item, topic: encodeTopicFilter(item.topic) }));
}

function connectPacket(packet: ConnectValue): ConnectPacket {
  const { id, clean, keepAlive, user, password, will, properties } = packet;
  return {
    id: encodeString(id),
    clean,
    keepAlive,
    user: user === undefined ? undefined : encodeString(user),
    password: password && encodeBinary(Uint8Array.from(password)),
    willTopic: will && encodeTopicName(will.topic),
    willMessage: will && encodeBinary(Uint8Array.from(will.message)),
    willQoS: will?.QoS,
    willRetain: will?.retain,
    properties: properties && encodeList(1, properties),
    willProperties: will?.properties && encodeList(0, will.properties),
  };
}
