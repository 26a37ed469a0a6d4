import {
  type ConnectPacket,
  connectByteLength,
  publishByteLength,
  subscribeByteLength,
  unsubscribeByteLength,
  writeAcknowledgement,
  writeConnect,
  writeDisconnect,
  writePingRequest,
  writePublishHeader,
  writeSubscribe,
  writeUnsubscribe,
} from "../../device/mqtt/packet-writer";
import { encodeTopicFilter, encodeTopicName } from "../../device/mqtt/topic";
import { encodeBinary, encodeString } from "../../device/mqtt/utf8-string";
import type { ConnectValue, PacketValue, PublishValue } from "./packet";

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

function packetByteLength(packet: PacketValue): number {
  switch (packet.type) {
    case 1:
      return connectByteLength(connectPacket(packet));
    case 3:
      return publishByteLength(encodeTopicName(packet.topic).length, packet.payload.length, packet.QoS);
    case 8:
      return subscribeByteLength(subscribeItems(packet.items));
    case 10:
      return unsubscribeByteLength(packet.topics.map(encodeTopicFilter));
    case 12:
    case 14:
      return 2;
    default:
      return 4;
  }
}

function write(buffer: Uint8Array, offset: number, packet: PacketValue): number {
  switch (packet.type) {
    case 1:
      return writeConnect(buffer, offset, connectPacket(packet));
    case 3:
      return writePublish(buffer, offset, packet);
    case 4:
    case 5:
    case 6:
    case 7:
      return writeAcknowledgement(buffer, offset, packet.type, packet.packetIdentifier);
    case 8:
      return writeSubscribe(buffer, offset, packet.packetIdentifier, subscribeItems(packet.items));
    case 10:
      return writeUnsubscribe(buffer, offset, packet.packetIdentifier, packet.topics.map(encodeTopicFilter));
    case 12:
      return writePingRequest(buffer, offset);
    case 14:
      return writeDisconnect(buffer, offset);
    default:
      throw new Error(`clients send no packet type ${packet.type}`);
  }
}

function writePublish(buffer: Uint8Array, offset: number, packet: PublishValue): number {
  const { topic, payload, QoS, retain, duplicate, packetIdentifier } = packet;
  const end = writePublishHeader(
    buffer,
    offset,
    encodeTopicName(topic),
    payload.length,
    QoS,
    retain,
    duplicate,
    packetIdentifier,
  );
  buffer.set(payload, end);
  return end + payload.length;
}

function subscribeItems(items: { topic: string; QoS: number }[]): { topic: Uint8Array; QoS: number }[] {
  return items.map(({ topic, QoS }) => ({ topic: encodeTopicFilter(topic), QoS }));
}

function connectPacket(packet: ConnectValue): ConnectPacket {
  const { id, clean, keepAlive, user, password, will } = packet;
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
  };
}
