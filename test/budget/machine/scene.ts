import type MQTTClient from "../../../device/client/mqtt-client";
import type { WriteOptions } from "../../../device/client/mqtt-client";
import type ReliableClient from "../../../device/client/reliable-client";
import { encodeTopicName } from "../../../device/mqtt/topic";
import { acknowledgementOf, IdleSocket, packetOf, Wire } from "./wire";

export const TOPIC = "home/temp";
export const PAYLOAD_BYTE_LENGTH = 20;

/** Of inbound messages of QoS 1 and 2. */
const IDENTIFIER = 7;
/** Where the Packet Identifier stands in a PUBLISH to TOPIC: fixed header of 2 bytes, topic of 2 + 9. */
const IDENTIFIER_PLACE = 13;

/** A client, the wire it is at, and all that a scenario needs, made before anything is measured. */
export class Scene {
  readonly wire: Wire;
  /** As an application on a device keeps it. */
  readonly payload: Uint8Array;
  /** Where the application reads messages into. */
  readonly received: Uint8Array;
  /** Options of `write` and `publish` by QoS, made once. */
  readonly options: readonly WriteOptions[];
  readonly connack: Uint8Array;
  /** PUBLISH by QoS, from the broker. */
  readonly messages: readonly Uint8Array[];
  readonly release: Uint8Array;
  /** PUBACK, PUBREC and PUBCOMP for what the client publishes. */
  readonly puback: Uint8Array;
  readonly pubrec: Uint8Array;
  readonly pubcomp: Uint8Array;
  /** Of messages that the client received. */
  count: number;
  mqttClient: MQTTClient | undefined;
  reliableClient: ReliableClient | undefined;
  publishers: readonly { write(payload: Uint8Array): unknown }[];

  constructor() {
    this.wire = new Wire();
    this.payload = new Uint8Array(PAYLOAD_BYTE_LENGTH).fill(0x78);
    this.received = new Uint8Array(PAYLOAD_BYTE_LENGTH);
    this.options = [0, 1, 2].map((QoS) => ({ topic: TOPIC, QoS }));
    this.connack = packetOf(0x20, Uint8Array.of(0, 0));
    this.messages = [0, 1, 2].map((QoS) => messageOf(QoS, this.payload));
    this.release = acknowledgementOf(0x62, IDENTIFIER);
    this.puback = acknowledgementOf(0x40, 0);
    this.pubrec = acknowledgementOf(0x50, 0);
    this.pubcomp = acknowledgementOf(0x70, 0);
    this.count = 0;
    this.mqttClient = undefined;
    this.reliableClient = undefined;
    this.publishers = [];
  }

  /** TCP connects, and the broker accepts. */
  accept(): void {
    this.wire.socket!.connected();
    this.wire.deliver(this.connack);
  }

  /** The broker does what the QoS of the message wants that the client has just published. */
  acknowledge(QoS: number): void {
    if (QoS === 0) return;
    const { wire, puback, pubrec, pubcomp } = this;
    const high = wire.last[IDENTIFIER_PLACE]!;
    const low = wire.last[IDENTIFIER_PLACE + 1]!;
    if (QoS === 1) answer(wire, puback, high, low);
    else {
      answer(wire, pubrec, high, low);
      answer(wire, pubcomp, high, low);
    }
  }

  /** The broker sends a message, and goes on as its QoS wants. */
  send(QoS: number): void {
    this.wire.deliver(this.messages[QoS]!);
    if (QoS === 2) this.wire.deliver(this.release);
  }

  /** Nobody is there: what the scene costs without a client. */
  idle(): void {
    this.wire.socket = new IdleSocket();
    this.wire.last = this.messages[1]!;
  }
}

function answer(wire: Wire, packet: Uint8Array, high: number, low: number): void {
  packet[2] = high;
  packet[3] = low;
  wire.deliver(packet);
}

function messageOf(QoS: number, payload: Uint8Array): Uint8Array {
  const topic = encodeTopicName(TOPIC);
  const identifier = QoS > 0 ? [0, IDENTIFIER] : [];
  return packetOf(0x30 | (QoS << 1), Uint8Array.from([...topic, ...identifier, ...payload]));
}
