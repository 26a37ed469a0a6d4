import type { Socket } from "node:net";
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { type BrokerAddress, formatBrokerAddress } from "../broker/broker-address";
import { type BrokerCredentials, connectionOptions } from "../broker/broker-connection";
import { UsageError } from "../usage-error";

/** A message, and how to acknowledge it: on the connection that it came on, or not at all. */
export interface Delivered {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Packet Identifier; null at QoS 0. */
  readonly packet: number | null;
  readonly duplicate: boolean;
  /**
   * A copy from before the subscription. The flag alone does not tell: brokers leave it on messages that they kept for a session
   * while its owner was away (Aedes), and thermometers publish all readings with it.
   */
  readonly retain: boolean;
  readonly connection: number;
}

export interface SessionState {
  /** 4 is MQTT 3.1.1. */
  readonly protocolVersion: 4 | 5;
  readonly sessionPresent: boolean;
  readonly topicFilters: readonly string[];
}

export interface BrokerSessionOptions {
  readonly broker: BrokerAddress;
  readonly credentials?: BrokerCredentials | undefined;
  /** Client Identifier: the name of the session that the broker keeps. */
  readonly id: string;
  readonly topicFilters: readonly string[];
  /** What the session was granted when it was last subscribed. */
  readonly granted?: readonly string[] | undefined;
  /** Name of the group that shares the messages; default: no group. */
  readonly share?: string | undefined;
  /** How long a broker of MQTT 5.0 keeps the session, s; default 604,800, a week. One of 3.1.1 keeps it as long as it likes. */
  readonly sessionExpiry?: number | undefined;
  /** Messages that the broker may send before the first is acknowledged, 1 to 65,535, with MQTT 5.0; default 1,000. */
  readonly receiveMaximum?: number | undefined;
  /** Every CONNACK, before any message of the connection. */
  onConnected(state: Omit<SessionState, "topicFilters">): void;
  onDelivered(message: Delivered): void;
  onDisconnected(): void;
}

const SESSION_EXPIRY = 604_800;
const RECEIVE_MAXIMUM = 1_000;
/** ms */
const CONNECT_TIMEOUT = 5_000;
const RECONNECT_PERIOD = 1_000;

/** SUBACK: this broker has no shared subscriptions (MQTT 5.0 section 3.9.3). */
const SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9e;
/** CONNACK: 0x01 of 3.1.1, and 0x84 of 5.0. */
const UNACCEPTABLE_PROTOCOL = new Set([0x01, 0x84]);

/** Tells MQTT.js to go on without a PUBACK. */
const NOT_YET = new Error("acknowledged when it is stored");

/**
 * MQTT.js with a session that the broker keeps, and acknowledgements that the owner sends: MQTT.js would send a PUBACK as soon as a
 * message is handled, and handle the next only then, so that each message would be a transaction of its own.
 * Asks for MQTT 5.0 and takes 3.1.1.
 */
export class BrokerSession {
  readonly #options: BrokerSessionOptions;
  #client: MqttClient | undefined;
  #connection = 0;
  #protocolVersion: 4 | 5 = 5;
  /** Whether what has the retain flag on this connection is a copy from before the subscription. */
  #expectsCopies = false;
  /** The session was subscribed by an earlier process: MQTT.js would not do it again when the broker forgets the session. */
  #isGranted = false;

  constructor(options: BrokerSessionOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#client?.connected ?? false;
  }

  /**
   * Connects and subscribes; from then on connects again by itself.
   * @throws {UsageError} naming the broker, when it cannot be reached or refuses, or has no shared subscriptions where
   * `share` wants them and no way around it
   */
  async start(): Promise<SessionState> {
    let sessionPresent: boolean;
    try {
      sessionPresent = await this.#connect(5);
    } catch (error) {
      if (!isProtocolRefused(error)) throw this.#unusable(error);
      try {
        sessionPresent = await this.#connect(4);
      } catch (second) {
        throw this.#unusable(second);
      }
    }
    try {
      const { granted } = this.#options;
      // A broker of 3.1.1 would send its retained messages again, which nothing tells from those that it kept for the session.
      this.#isGranted = this.#protocolVersion === 4 && sessionPresent && this.#wants(granted);
      const topicFilters = this.#isGranted ? granted! : await this.#subscribe();
      return { protocolVersion: this.#protocolVersion, sessionPresent, topicFilters };
    } catch (error) {
      await this.stop();
      throw this.#unusable(error);
    }
  }

  /** Disconnects. The broker keeps the session, and messages for it. */
  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.endAsync(!client.connected);
  }

  /** Disconnects and lets the broker forget the session: a connection with a clean start ends the stored one [MQTT-3.1.2-6]. */
  async discard(): Promise<void> {
    const wasConnected = this.connected;
    await this.stop();
    if (!wasConnected) return;
    const { broker, credentials, id } = this.#options;
    const client = connect({
      ...connectionOptions(broker, credentials),
      clientId: id,
      clean: true,
      protocolVersion: this.#protocolVersion,
      connectTimeout: CONNECT_TIMEOUT,
      reconnectPeriod: 0,
    });
    await new Promise<void>((resolve) => {
      client.once("connect", () => resolve());
      client.once("close", () => resolve()); // gone, and the session with it or with its time
      client.on("error", () => {});
    });
    await client.endAsync(!client.connected);
  }

  /**
   * Sends PUBACKs, in the order that the messages came in [MQTT-4.6.0-2]. Messages of an earlier connection are skipped: the broker
   * sends them again.
   */
  acknowledge(messages: readonly Delivered[]): void {
    const client = this.#client;
    if (!client?.connected) return;
    const own = messages.filter(
      ({ packet, connection }) => packet !== null && connection === this.#connection,
    );
    if (own.length === 0) return;
    const bytes = Buffer.alloc(own.length * 4);
    own.forEach(({ packet }, index) => {
      bytes.writeUInt16BE(0x40_02, index * 4); // PUBACK, two bytes follow
      bytes.writeUInt16BE(packet!, index * 4 + 2);
    });
    client.stream.write(bytes);
  }

  /** @returns whether the broker had the session still */
  #connect(protocolVersion: 4 | 5): Promise<boolean> {
    const { broker, credentials, id } = this.#options;
    const client = connect({
      ...connectionOptions(broker, credentials),
      clientId: id,
      clean: false,
      protocolVersion,
      keepalive: 30,
      connectTimeout: CONNECT_TIMEOUT,
      reconnectPeriod: RECONNECT_PERIOD,
      // A broker that has just started may refuse for a moment.
      reconnectOnConnackError: true,
      ...(protocolVersion === 5 ? this.#properties() : {}),
    });
    client.handleMessage = (packet, callback) => this.#handle(packet, callback);
    client.on("connect", ({ sessionPresent }) => {
      this.#connection += 1;
      this.#expectsCopies = protocolVersion === 4 && !sessionPresent;
      // PUBACKs are small packets: with Nagle's algorithm each would wait for the acknowledgement of the one before.
      (client.stream as Partial<Socket>).setNoDelay?.(true);
      this.#options.onConnected({ protocolVersion, sessionPresent });
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => fail(new Error(`no answer within ${CONNECT_TIMEOUT / 1_000} s`)),
        CONNECT_TIMEOUT,
      );
      const fail = (error: Error): void => {
        clearTimeout(timer);
        client.removeAllListeners("connect");
        client.on("error", () => {});
        client.end(true);
        reject(error);
      };
      client.once("error", fail);
      client.once("close", () => fail(new Error("it closed the connection")));
      client.once("connect", ({ sessionPresent }) => {
        clearTimeout(timer);
        client.removeAllListeners("error").removeAllListeners("close");
        this.#started(client, protocolVersion);
        resolve(sessionPresent);
      });
    });
  }

  #started(client: MqttClient, protocolVersion: 4 | 5): void {
    this.#client = client;
    this.#protocolVersion = protocolVersion;
    client.on("error", () => {}); // refused or reset while the broker is away; MQTT.js tries again
    let wasConnected = true;
    client.on("connect", ({ sessionPresent }) => {
      wasConnected = true;
      if (sessionPresent || !this.#isGranted) return;
      this.#isGranted = false;
      this.#subscribe().catch(() => {}); // the connection has gone again
    });
    client.on("close", () => {
      if (wasConnected && this.#client) this.#options.onDisconnected();
      wasConnected = false;
    });
  }

  #properties(): Pick<IClientOptions, "properties"> {
    const { sessionExpiry = SESSION_EXPIRY, receiveMaximum = RECEIVE_MAXIMUM } = this.#options;
    return { properties: { sessionExpiryInterval: sessionExpiry, receiveMaximum } };
  }

  /** @returns the Topic Filters that the broker granted */
  async #subscribe(): Promise<readonly string[]> {
    const { topicFilters, share } = this.#options;
    if (share === undefined) return this.#subscribeTo(topicFilters);
    if (this.#protocolVersion === 4) return this.#subscribeTo(topicFilters);
    try {
      const shared = await this.#subscribeTo(topicFilters.map((filter) => `$share/${share}/${filter}`));
      // The session may be from before the sharing.
      await this.#client!.unsubscribeAsync([...topicFilters]);
      return shared;
    } catch (error) {
      if (reasonCode(error) !== SHARED_SUBSCRIPTIONS_NOT_SUPPORTED) throw error;
      return this.#subscribeTo(topicFilters);
    }
  }

  /** Whether these are what a broker of 3.1.1 is asked for. */
  #wants(granted: readonly string[] | undefined): boolean {
    return JSON.stringify(granted) === JSON.stringify(this.#options.topicFilters);
  }

  async #subscribeTo(topicFilters: readonly string[]): Promise<readonly string[]> {
    const client = this.#client!;
    // 2: no retained messages, they are no new readings. A broker of 3.1.1 sends them.
    this.#expectsCopies = this.#protocolVersion === 4;
    const options = this.#protocolVersion === 5 ? { qos: 1 as const, rh: 2 } : { qos: 1 as const };
    await client.subscribeAsync([...topicFilters], options);
    return topicFilters;
  }

  #handle(packet: IPublishPacket, callback: (error?: Error) => void): void {
    const { topic, qos, retain, dup, messageId } = packet;
    this.#options.onDelivered({
      topic,
      payload: packet.payload as Buffer,
      packet: qos === 0 ? null : (messageId ?? null),
      duplicate: dup,
      retain: retain && this.#expectsCopies,
      connection: this.#connection,
    });
    callback(qos === 0 ? undefined : NOT_YET);
  }

  #unusable(error: unknown): UsageError {
    if (error instanceof UsageError) return error;
    return new UsageError(
      `cannot use the broker at ${formatBrokerAddress(this.#options.broker)}: ${describe(error)}`,
    );
  }
}

function isProtocolRefused(error: unknown): boolean {
  return (
    UNACCEPTABLE_PROTOCOL.has(reasonCode(error) ?? 0) ||
    /closed the connection/.test((error as Error).message)
  );
}

/** Of a CONNACK, or the first refusal of a SUBACK. */
function reasonCode(error: unknown): number | undefined {
  const { code, packet } = error as { code?: unknown; packet?: { granted?: readonly number[] } };
  const refusal = packet?.granted?.find((each) => each >= 0x80);
  return refusal ?? (typeof code === "number" ? code : undefined);
}

/** Node wraps the attempts at several addresses (`localhost`) in one error without a message. */
function describe(error: unknown): string {
  const causes = (error as AggregateError).errors as Error[] | undefined;
  return causes?.[0]?.message ?? (error as Error).message;
}
