import { generate, type IPublishPacket } from "mqtt-packet";
import { type PacketLogger, PacketType, PacketWriter } from "mqtts";
import { publishByteLength, writePublishHeader } from "../../../device/mqtt/packet-writer";
import { encodeTopicName } from "../../../device/mqtt/topic";
import type { Subject } from "../interleave";

export const TOPIC = "home/temp";
export const PAYLOAD: Buffer = Buffer.from("0123456789abcdefghij");

/** Kept, so that no compiler may leave the work undone. */
export const kept: { value: unknown } = { value: undefined };

export interface EncodeSubjects {
  /** Into a new Uint8Array for each packet, as `generate` gives a new Buffer. */
  readonly thimble: Subject;
  /** Into one buffer of the caller's, as MQTTClient does. */
  readonly inPlace: Subject;
  readonly mqttPacket: Subject;
  readonly mqtts: Subject;
}

/** One PUBLISH of 20 bytes, a new Packet Identifier each. Ours have the topic encoded once, as the client does. */
export function encodeSubjects(QoS: 0 | 1 | 2): EncodeSubjects {
  return {
    thimble: { name: "thimble", run: (count) => encodeNew(count, QoS) },
    inPlace: { name: "in place", run: (count) => encodeInPlace(count, QoS) },
    mqttPacket: { name: "mqtt-packet", run: (count) => encodeMqttPacket(count, QoS) },
    mqtts: { name: "mqtts", run: (count) => encodeMqtts(count, QoS) },
  };
}

function encodeNew(count: number, QoS: number): void {
  const topic = encodeTopicName(TOPIC);
  for (let index = 0; index < count; index++) {
    const buffer = new Uint8Array(publishByteLength(topic.length, PAYLOAD.length, QoS));
    buffer.set(
      PAYLOAD,
      writePublishHeader(buffer, 0, topic, PAYLOAD.length, QoS, false, false, 1 + (index & 0xff)),
    );
    kept.value = buffer;
  }
}

function encodeInPlace(count: number, QoS: number): void {
  const topic = encodeTopicName(TOPIC);
  const buffer = new Uint8Array(256);
  for (let index = 0; index < count; index++)
    buffer.set(
      PAYLOAD,
      writePublishHeader(buffer, 0, topic, PAYLOAD.length, QoS, false, false, 1 + (index & 0xff)),
    );
  kept.value = buffer;
}

function encodeMqttPacket(count: number, QoS: 0 | 1 | 2): void {
  const packet: IPublishPacket = {
    cmd: "publish",
    topic: TOPIC,
    payload: PAYLOAD,
    qos: QoS,
    retain: false,
    dup: false,
    messageId: 1,
  };
  for (let index = 0; index < count; index++) {
    packet.messageId = 1 + (index & 0xff);
    kept.value = generate(packet);
  }
}

const SILENT: PacketLogger = { logPacketWrite: () => {} };

function encodeMqtts(count: number, QoS: number): void {
  const writer = new PacketWriter(SILENT);
  const packet = { topic: TOPIC, payload: PAYLOAD, qos: QoS, retain: false, duplicate: false, identifier: 1 };
  for (let index = 0; index < count; index++) {
    packet.identifier = 1 + (index & 0xff);
    kept.value = writer.write(PacketType.Publish, packet);
  }
}
