import { connect as connectTcp, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { type IClientOptions, type IPublishPacket, MqttClient } from "mqtt";
import { type BrokerAddress, formatBrokerAddress } from "../broker/broker-address";
import type { BrokerCredentials } from "../broker/broker-connection";
import { UsageError } from "../usage-error";

/** A message that the subscriber was sent. */
export interface ReceivedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly QoS: number;
  /** A copy that the broker kept, not one on its way (MQTT 3.1.1 section 3.3.1.3). */
  readonly retain: boolean;
}

/** All that the devices of a home say, but for Home Assistant's discovery. */
export const WATCHED_TOPICS = "home/#";

export interface WatcherOptions {
  readonly broker: BrokerAddress;
  /** For a broker of `mqtts`. */
  readonly credentials?: BrokerCredentials | undefined;
  /** Client Identifier; also the name of the session that the broker keeps for it. */
  readonly id: string;
  /** Default `home/#`. */
  readonly topicFilter?: string;
  /** @returns whether the message counts as received */
  onMessage(message: ReceivedMessage): boolean;
  /** The broker went away. */
  onDisconnected?(): void;
  /** It is back. */
  onReconnected?(): void;
}

/** How long the broker may take to answer before it counts as unreachable, in ms. */
const CONNECT_TIMEOUT = 5_000;

/** Devices come back after 500 ms at the earliest; the watcher has to be there first, in ms. */
const RECONNECT_PERIOD = 50;

/**
 * The subscriber that judges the house: MQTT.js at QoS 2 with a session that the broker keeps, so that a message is
 * missed only if the broker lost it.
 *
 * A message counts when its PUBLISH arrives. MQTT.js's own `message` event comes at QoS 2 only with the PUBREL, which
 * never comes when the broker dies in between and forgets the session.
 */
export class Watcher {
  /** Messages per topic. */
  readonly received: Map<string, number> = new Map();
  readonly #options: WatcherOptions;
  readonly #topicFilter: string;
  /** QoS 2 packet identifiers between PUBLISH and PUBREL: the same with DUP is the same message. */
  readonly #unreleased = new Set<number>();
  #client: MqttClient | undefined;
  #connected = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#topicFilter = options.topicFilter ?? WATCHED_TOPICS;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /**
   * Connects and subscribes.
   * @throws {UsageError} naming the broker, when it cannot be reached or refuses
   */
  async start(): Promise<void> {
    const { broker } = this.#options;
    const client = createClient(this.#options, false);
    this.#client = client;
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "publish") this.#receive(packet);
      else if (packet.cmd === "pubrel") this.#unreleased.delete(packet.messageId ?? 0);
    });
    client.on("close", () => this.#disconnected());
    try {
      await firstConnection(client, broker);
      await client.subscribeAsync(this.#topicFilter, { qos: 2 });
    } catch (error) {
      this.#client = undefined;
      await client.endAsync(true);
      throw error;
    }
    client.on("error", () => {}); // refused or reset while the broker is away; MQTT.js tries again
    client.on("connect", (connack) => this.#reconnected(connack.sessionPresent));
    this.#connected = true;
  }

  /** Disconnects and lets the broker forget the session. */
  async stop(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    this.#client = undefined;
    const wasConnected = this.#connected;
    await client.endAsync(!wasConnected);
    if (wasConnected) await discardSession(this.#options);
  }

  #receive(packet: IPublishPacket): void {
    if (packet.qos === 2) {
      const packetIdentifier = packet.messageId ?? 0;
      if (packet.dup && this.#unreleased.has(packetIdentifier)) return;
      this.#unreleased.add(packetIdentifier);
    }
    const { topic, qos: QoS, retain } = packet;
    const payload = Buffer.from(packet.payload as Buffer);
    if (!this.#options.onMessage({ topic, payload, QoS, retain })) return;
    this.received.set(topic, (this.received.get(topic) ?? 0) + 1);
  }

  #reconnected(sessionPresent: boolean): void {
    // MQTT.js subscribes again by itself when the broker has forgotten the session.
    if (!sessionPresent) this.#unreleased.clear();
    this.#connected = true;
    this.#options.onReconnected?.();
  }

  #disconnected(): void {
    // Not the end that `stop()` brings about.
    if (!this.#connected || !this.#client) return;
    this.#connected = false;
    this.#options.onDisconnected?.();
  }
}

function createClient({ broker, credentials, id }: WatcherOptions, clean: boolean): MqttClient {
  const options: IClientOptions = {
    clientId: id,
    clean,
    protocolVersion: 4,
    keepalive: 30,
    reconnectPeriod: RECONNECT_PERIOD,
    connectTimeout: CONNECT_TIMEOUT,
    ...(broker.user === undefined ? {} : { username: broker.user }),
    ...(broker.password === undefined ? {} : { password: broker.password }),
  };
  // MQTT.js's own TCP stream leaves Nagle's algorithm on: each step of a QoS 2 exchange would wait 40 ms.
  return new MqttClient(() => openStream(broker, credentials), options);
}

function openStream({ host, port }: BrokerAddress, credentials: BrokerCredentials | undefined): Duplex {
  if (!credentials) return connectTcp({ host, port, noDelay: true });
  const { authority: ca, certificate: cert, key } = credentials;
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ host, port, ca, cert, key, minVersion: "TLSv1.2", ...servername });
  return socket.setNoDelay(true);
}

/** Settles with the first CONNACK, or with the first reason why there will be none. */
function firstConnection(client: MqttClient, broker: BrokerAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`no answer within ${CONNECT_TIMEOUT / 1_000} s`), CONNECT_TIMEOUT);
    function fail(reason: string): void {
      clearTimeout(timer);
      reject(new UsageError(`cannot use the broker at ${formatBrokerAddress(broker)}: ${reason}`));
    }
    const onError = (error: Error): void => fail(describe(error));
    const onClose = (): void => fail("it closed the connection");
    client.on("error", onError);
    client.on("close", onClose);
    client.once("connect", () => {
      clearTimeout(timer);
      client.off("error", onError);
      client.off("close", onClose);
      resolve();
    });
  });
}

/** Node wraps the attempts at several addresses (`localhost`) in one error without a message. */
function describe(error: Error): string {
  const causes = (error as AggregateError).errors as Error[] | undefined;
  return causes?.[0]?.message ?? error.message;
}

/** A connection with clean session 1 ends the stored one [MQTT-3.1.2-6]; a broker that has gone has none. */
async function discardSession(options: WatcherOptions): Promise<void> {
  const client = createClient(options, true);
  try {
    await firstConnection(client, options.broker);
  } catch {
    // nothing to discard it from
  }
  await client.endAsync(true);
}
