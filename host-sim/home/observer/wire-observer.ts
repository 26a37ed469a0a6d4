import { parser as createParser, type IPublishPacket, type Packet, type Parser } from "mqtt-packet";
import type { Publication } from "./delivery-ledger";

/** A packet that the device has written, as seen on its TCP connection. */
export interface ObservedPacket {
  readonly packet: Packet;
  /** The whole packet, fixed header included. */
  readonly byteLength: number;
  /** Number of TCP writes that its bytes came in: 1, except for payloads streamed in pieces. */
  readonly writes: number;
  /** Whether the write that ended it carried bytes of another packet too. */
  readonly shared: boolean;
}

export interface WireObserverOptions {
  /** The id that publications are marked with. */
  readonly device: string;
  /** A message goes out for the first time. */
  onPublication?(publication: Publication): void;
  /** Its PUBACK or PUBCOMP came in; for QoS 0, at once. */
  onAcknowledged?(publication: Publication): void;
  /** The broker has accepted a connection, the `count`th of this device. */
  onConnected?(count: number): void;
  /** An accepted connection is over. */
  onDisconnected?(reason: string): void;
  /** Every packet the device writes. */
  onPacket?(observed: ObservedPacket): void;
  /** Bytes that are not MQTT, or a refused connection. */
  onProblem?(text: string): void;
}

/** The part of a `NetworkInterface` that shows its bytes. */
export interface WireTaps {
  onWrite: ((bytes: Uint8Array, connection: number) => void) | undefined;
  onRead: ((bytes: Uint8Array, connection: number) => void) | undefined;
  onEnd: ((connection: number, reason: string) => void) | undefined;
}

/** The same of a device that speaks TLS: its plaintext. */
export interface PlaintextTaps extends Pick<WireTaps, "onEnd"> {
  onPlaintextWrite: WireTaps["onWrite"];
  onPlaintextRead: WireTaps["onRead"];
}

/**
 * Watches the bytes between one device and its broker and decodes them with `mqtt-packet`, which shares no code with
 * Thimble: what the device believes it did and what it did are two things.
 *
 * It sees the bytes as the device's socket takes and gives them, before the network can lose them.
 */
export class WireObserver {
  /** Messages per topic, retransmissions not counted. */
  readonly published: Map<string, number> = new Map();
  /** Those of QoS 1 and 2 that the broker has acknowledged, per topic. */
  readonly acknowledged: Map<string, number> = new Map();
  /** The last payload per topic. */
  readonly last: Map<string, Publication> = new Map();
  /** PUBLISH packets sent again with DUP. */
  retransmissions = 0;
  /** TCP writes. */
  writes = 0;
  /** Packets written. */
  packets = 0;
  /** CONNACKs with return code 0. */
  connections = 0;

  readonly #options: WireObserverOptions;
  readonly #connections = new Map<number, ObservedConnection>();
  /** By packet identifier. It outlives a connection, as the session does. */
  readonly #inFlight = new Map<number, Publication>();
  /** The connection that the broker has accepted. */
  #accepted: number | undefined;

  constructor(options: WireObserverOptions) {
    this.#options = options;
  }

  get reconnects(): number {
    return Math.max(0, this.connections - 1);
  }

  /** Takes the taps of a device's network interface. */
  attach(taps: WireTaps): void {
    taps.onWrite = (bytes, connection) => this.wrote(bytes, connection);
    taps.onRead = (bytes, connection) => this.read(bytes, connection);
    taps.onEnd = (connection, reason) => this.ended(connection, reason);
  }

  /** The same, where what is on the air is encrypted. */
  attachPlaintext(taps: PlaintextTaps): void {
    taps.onPlaintextWrite = (bytes, connection) => this.wrote(bytes, connection);
    taps.onPlaintextRead = (bytes, connection) => this.read(bytes, connection);
    taps.onEnd = (connection, reason) => this.ended(connection, reason);
  }

  /** The device has written `bytes` with one TCP write. */
  wrote(bytes: Uint8Array, connection: number): void {
    this.writes += 1;
    for (const observed of this.#connection(connection).wrote(bytes)) {
      this.packets += 1;
      this.#options.onPacket?.(observed);
      if (observed.packet.cmd === "publish") this.#publish(observed.packet);
    }
  }

  /** The device has read `bytes`. */
  read(bytes: Uint8Array, connection: number): void {
    for (const packet of this.#connection(connection).read(bytes)) this.#received(packet, connection);
  }

  /** The rest of a packet on this connection never comes. */
  ended(connection: number, reason: string): void {
    this.#connections.delete(connection);
    if (this.#accepted !== connection) return;
    this.#accepted = undefined;
    this.#options.onDisconnected?.(reason);
  }

  /** Whether there is a connection that the broker has accepted and that neither end has closed. */
  get connected(): boolean {
    return this.#accepted !== undefined;
  }

  #connection(number: number): ObservedConnection {
    let connection = this.#connections.get(number);
    if (!connection) {
      connection = new ObservedConnection((text) => this.#options.onProblem?.(text));
      this.#connections.set(number, connection);
    }
    return connection;
  }

  #publish(packet: IPublishPacket): void {
    const { topic, qos: QoS, retain, messageId: packetIdentifier = 0 } = packet;
    const inFlight = this.#inFlight.get(packetIdentifier);
    if (packet.dup && inFlight?.topic === topic) {
      this.retransmissions += 1;
      return;
    }
    const publication: Publication = {
      device: this.#options.device,
      topic,
      payload: packet.payload as Buffer,
      QoS,
      retain,
    };
    count(this.published, topic);
    this.last.set(topic, publication);
    if (QoS > 0) this.#inFlight.set(packetIdentifier, publication);
    this.#options.onPublication?.(publication);
  }

  #received(packet: Packet, connection: number): void {
    if (packet.cmd === "connack") this.#answered(packet.returnCode ?? 0, connection);
    else if (packet.cmd === "puback" || packet.cmd === "pubcomp") this.#complete(packet.messageId ?? 0);
  }

  #answered(returnCode: number, connection: number): void {
    if (returnCode !== 0) {
      this.#options.onProblem?.(`broker refused the connection with return code ${returnCode}`);
      return;
    }
    this.connections += 1;
    this.#accepted = connection;
    this.#options.onConnected?.(this.connections);
  }

  #complete(packetIdentifier: number): void {
    const publication = this.#inFlight.get(packetIdentifier);
    if (!publication) return;
    this.#inFlight.delete(packetIdentifier);
    count(this.acknowledged, publication.topic);
    this.#options.onAcknowledged?.(publication);
  }
}

function count(counts: Map<string, number>, topic: string): void {
  counts.set(topic, (counts.get(topic) ?? 0) + 1);
}

/** Both directions of one TCP connection, cut into packets. */
class ObservedConnection {
  readonly #outbound: Parser;
  readonly #inbound: Parser;
  #written: { packet: Packet; writes: number }[] = [];
  #read: Packet[] = [];
  /** TCP writes since the last packet's end. */
  #writes = 0;
  /** Bytes written of a packet whose end is still to come. */
  #incomplete = 0;

  constructor(onProblem: (text: string) => void) {
    this.#outbound = createParser();
    this.#outbound.on("packet", (packet) => {
      this.#written.push({ packet, writes: this.#writes });
      // Where bytes of a next packet follow in this write, it is that packet's first.
      this.#writes = 1;
    });
    this.#outbound.on("error", (error) => onProblem(`sent what is no MQTT: ${error.message}`));
    this.#inbound = createParser();
    this.#inbound.on("packet", (packet) => this.#read.push(packet));
    this.#inbound.on("error", (error) => onProblem(`received what is no MQTT: ${error.message}`));
  }

  wrote(bytes: Uint8Array): ObservedPacket[] {
    this.#written = [];
    this.#writes += 1;
    this.#outbound.parse(Buffer.from(bytes));
    const ended = this.#written.map(({ packet, writes }) => ({
      packet,
      writes,
      byteLength: packetByteLength(packet),
    }));
    this.#incomplete += bytes.byteLength;
    for (const { byteLength } of ended) this.#incomplete -= byteLength;
    if (ended.length > 0 && this.#incomplete === 0) this.#writes = 0;
    const shared = ended.length + (this.#incomplete > 0 ? 1 : 0) > 1;
    return ended.map((packet) => ({ ...packet, shared }));
  }

  read(bytes: Uint8Array): Packet[] {
    this.#read = [];
    this.#inbound.parse(Buffer.from(bytes));
    return this.#read;
  }
}

function packetByteLength(packet: Packet): number {
  const remainingLength = packet.length ?? 0;
  let lengthByteLength = 1;
  for (let rest = remainingLength; rest >= 0x80; rest = Math.floor(rest / 0x80)) lengthByteLength += 1;
  return 1 + lengthByteLength + remainingLength;
}
