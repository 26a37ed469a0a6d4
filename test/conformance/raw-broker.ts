import { expect } from "vitest";
import MQTTClient, { type MQTTClientOptions } from "../../device/client/mqtt-client";
import ReliableClient, { type ReliableClientOptions } from "../../device/client/reliable-client";
import { MQTTError } from "../../device/mqtt/mqtt-error";
import { hostRealm } from "../../host-sim/board/realm";
import { createResolver } from "../../host-sim/network/dns";
import { Link, type Peer } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { createTCP } from "../../host-sim/network/tcp";
import { clock } from "../support/timer";
import { bytesOf, CONNACK_NEW, packetsOf } from "./bytes";

/** One-way delay of the network, ms. */
const LATENCY = 1;

/** The other end of the wire as bytes: answers CONNECT with CONNACK, and nothing else but what the test sends. */
export class RawBroker {
  readonly link: Link = new Link({ clock, latency: LATENCY });
  readonly network: NetworkInterface = new NetworkInterface({ clock, network: this.link });
  /** Connections, oldest first. */
  readonly peers: Peer[] = [];
  readonly dns: Record<string, unknown>;
  readonly socket: Record<string, unknown>;
  /** What CONNECT is answered with; empty: nothing. */
  connack: string = CONNACK_NEW;

  /** @param sendBufferByteLength - of the client's socket; default that of an ESP32 */
  constructor(sendBufferByteLength?: number) {
    const environment = { network: this.network, clock, realm: hostRealm };
    const TCP = createTCP(
      sendBufferByteLength === undefined ? environment : { ...environment, sendBufferByteLength },
    );
    this.dns = { io: createResolver(environment), servers: ["1.1.1.1"], socket: { io: Object } };
    this.socket = { io: TCP };
    this.link.addHost("broker.local", "10.0.0.1");
    this.link.listen(1883, (peer) => {
      this.peers.push(peer);
      peer.onData = () => {
        if (packetsOf(peer.bytes).length !== 1) return;
        peer.onData = undefined;
        if (this.connack) peer.send(bytesOf(this.connack));
      };
    });
  }

  /** The newest connection. */
  get peer(): Peer {
    const peer = this.peers.at(-1);
    if (!peer) throw new Error("nobody has connected");
    return peer;
  }

  /** Packets received on the newest connection. */
  get packets(): string[] {
    return packetsOf(this.peer.bytes);
  }

  /** Those after CONNECT. */
  get received(): string[] {
    return this.packets.slice(1);
  }

  /** Whether the client has ended the newest connection. */
  get isClosed(): boolean {
    return this.peer.finished || this.peer.wasReset;
  }

  /** Sends bytes, each argument as a segment of its own, and lets the answers come back. */
  send(...packets: string[]): void {
    for (const packet of packets) this.peer.send(bytesOf(packet));
    clock.advance(10 * LATENCY);
  }

  /** The connection breaks. */
  reset(): void {
    this.peer.reset();
    clock.advance(5 * LATENCY);
  }
}

export interface Received {
  topic: string | undefined;
  payload: string;
  QoS?: number | undefined;
  retain?: boolean | undefined;
  duplicate?: boolean | undefined;
}

/** An MQTTClient with what it told its application. */
export interface ClientUnderTest {
  readonly client: MQTTClient;
  readonly messages: Received[];
  /** Codes of errors. */
  readonly errors: number[];
  /** Packet types given to onControl. */
  readonly controls: number[];
}

/** Connects an MQTTClient, and `closeAll` closes it. */
export function connectClient(broker: RawBroker, options: Partial<MQTTClientOptions> = {}): ClientUnderTest {
  const messages: Received[] = [];
  const errors: number[] = [];
  const controls: number[] = [];
  let current: Received | undefined;
  const client = new MQTTClient({
    host: "broker.local",
    id: "c",
    dns: broker.dns,
    socket: broker.socket,
    onReadable(count, { topic, QoS, retain, duplicate, more }) {
      current ??= { topic, payload: "", QoS, retain, duplicate };
      current.payload += Buffer.from(this.read(count)).toString();
      if (more) return;
      messages.push(current);
      current = undefined;
    },
    onControl: (operation: number, _message) => void controls.push(operation),
    onError: ({ code }) => void errors.push(code),
    ...options,
  });
  closeAtTheEnd(client, broker);
  clock.advance(10 * LATENCY);
  return { client, messages, errors, controls };
}

/** A ReliableClient with what it told its application. */
export interface ReliableUnderTest {
  readonly client: ReliableClient;
  readonly messages: Received[];
  readonly delivered: number[];
  readonly dropped: number[];
}

/** Half a second after a connection is lost the next is attempted. */
export const RECONNECT: number = 500 + 10 * LATENCY;

/** Connects a ReliableClient, and `closeAll` closes it. */
export function connectReliable(
  broker: RawBroker,
  options: Partial<ReliableClientOptions> = {},
): ReliableUnderTest {
  const messages: Received[] = [];
  const delivered: number[] = [];
  const dropped: number[] = [];
  const client = new ReliableClient({
    host: "broker.local",
    id: "c",
    dns: broker.dns,
    socket: broker.socket,
    random: () => 0,
    onMessage: (topic, payload, QoS, retain) =>
      void messages.push({ topic, payload: Buffer.from(payload).toString(), QoS, retain }),
    onDelivered: (token) => void delivered.push(token),
    onDropped: (token) => void dropped.push(token),
    ...options,
  });
  closeAtTheEnd(client, broker);
  clock.advance(10 * LATENCY);
  return { client, messages, delivered, dropped };
}

/** Clients and networks of the test that runs. */
const open: { close(): void }[] = [];

function closeAtTheEnd(client: { close(): void }, broker: RawBroker): void {
  open.push(client, broker.network);
}

/** Ends a test: give it to `afterEach`. Fails when a client has left a timer behind. */
export function closeAll(): void {
  for (const one of open.splice(0)) one.close();
  clock.advance(10 * LATENCY);
  expect(clock.pending).toBe(0);
}

/** Code of the usage error that `action` throws. */
export function codeThrownBy(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof MQTTError) return error.code;
    throw error;
  }
  throw new Error("nothing was thrown");
}
