import { Readable } from "node:stream";
import type { IPublishPacket, IStore } from "mqtt";

/** The receiving half of QoS 2, as the book keeps it. */
export interface IncomingMessages {
  /** A PUBLISH of QoS 2; the same packet identifier again before its PUBREL is the same message. */
  publish(packet: IPublishPacket): void;
  /** @returns whether the message with this identifier waits for its PUBREL */
  isUnreleased(packetIdentifier: number): boolean;
  /** Its PUBREL came. */
  release(packetIdentifier: number): void;
}

type Packet = Parameters<IStore["get"]>[0];
type PacketCallback = Parameters<IStore["get"]>[1];

/**
 * MQTT.js's store for incoming QoS 2 messages, made of a book. MQTT.js puts a packet before it writes PUBREC, and deletes it before it
 * writes PUBCOMP; what it writes is held back until the book is on disk (`GatedStream`), so both are durable when they are acknowledged.
 * A message counts when it is put: what MQTT.js emits at PUBREL is not listened to.
 */
export class IncomingStore implements IStore {
  readonly #messages: IncomingMessages;

  constructor(messages: IncomingMessages) {
    this.#messages = messages;
  }

  put(packet: Packet, callback: () => void): this {
    this.#messages.publish(packet as IPublishPacket);
    callback();
    return this;
  }

  get(packet: Packet, callback: PacketCallback): this {
    if (this.#messages.isUnreleased(packet.messageId ?? 0))
      callback(undefined, {
        cmd: "publish",
        messageId: packet.messageId ?? 0,
        topic: "",
        payload: "",
        qos: 2,
        dup: false,
        retain: false,
      });
    else callback(new Error("missing packet"));
    return this;
  }

  del(packet: Packet, callback: PacketCallback): this {
    this.#messages.release(packet.messageId ?? 0);
    callback(undefined, packet as Parameters<PacketCallback>[1]);
    return this;
  }

  createStream(): ReturnType<IStore["createStream"]> {
    return Readable.from([]) as unknown as ReturnType<IStore["createStream"]>;
  }

  close(callback: () => void): void {
    callback();
  }
}
