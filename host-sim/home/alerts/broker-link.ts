import { type IClientOptions, type IPublishPacket, type ISubscriptionMap, MqttClient } from "mqtt";
import { type BrokerAddress, formatBrokerAddress } from "../broker/broker-address";
import { type BrokerCredentials, connectionOptions } from "../broker/broker-connection";
import { openBrokerStream } from "../broker/broker-stream";
import { UsageError } from "../usage-error";
import { GatedStream } from "./gated-stream";
import { type IncomingMessages, IncomingStore } from "./incoming-store";

export interface BrokerLinkOptions {
  readonly broker: BrokerAddress;
  readonly credentials?: BrokerCredentials | undefined;
  /** Client Identifier, and name of the session that the broker keeps while the service is down. */
  readonly id: string;
  readonly messages: IncomingMessages;
  /** The gate of what goes out. */
  readonly isDurable: () => boolean;
  readonly durable: () => Promise<void>;
  /** A message of QoS 0 or 1. */
  onMessage(packet: IPublishPacket): void;
  /** The broker has forgotten the session, or never had one. */
  onSessionLost(): void;
  onConnected(): void;
  /** @param reason - for people */
  onDisconnected(reason: string): void;
}

/** What the service wants to hear, and nothing else. */
export const SUBSCRIPTIONS: ISubscriptionMap = Object.freeze({
  "home/camera": { qos: 2 },
  "home/+/camera": { qos: 2 },
  "home/+/status": { qos: 1 },
  "home/temp": { qos: 1 },
  "home/+/temp": { qos: 1 },
});

/** How long the first connection may take, and each other, ms. */
const CONNECT_TIMEOUT = 10_000;
/** Half a second to one and a half: services that were cut off together do not all come back together; ms. */
const RECONNECT_PERIOD = 1_000;

/** The connection to the broker: MQTT.js, QoS 2, a session that the broker keeps. */
export class BrokerLink {
  readonly #options: BrokerLinkOptions;
  readonly #client: MqttClient;
  #connected = false;
  #stopped = false;
  /** Why the connection was lost, until it is back. */
  #reason = "";

  constructor(options: BrokerLinkOptions) {
    this.#options = options;
    const { broker, credentials, messages } = options;
    const stream = (): GatedStream =>
      new GatedStream({
        open: () =>
          openBrokerStream(broker, credentials).catch((error: Error) => {
            this.#reason = describe(error);
            throw error;
          }),
        isOpen: options.isDurable,
        gate: options.durable,
      });
    this.#client = createClient(stream, {
      ...this.#settings(),
      clean: false,
      reconnectPeriod: RECONNECT_PERIOD * (0.5 + Math.random()),
      incomingStore: new IncomingStore(messages),
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  /**
   * Connects and subscribes.
   * @throws {UsageError} naming the broker, when it cannot be reached, refuses, or does not let the service listen
   */
  async start(): Promise<void> {
    const client = this.#client;
    client.on("packetreceive", (packet) => {
      // Before any message of this connection.
      if (packet.cmd === "connack" && packet.returnCode === 0 && !packet.sessionPresent)
        this.#options.onSessionLost();
      else if (packet.cmd === "publish" && packet.qos !== 2) this.#options.onMessage(packet);
    });
    try {
      await this.#firstConnection();
      await this.#subscribe();
    } catch (error) {
      await this.stop(true);
      throw this.#usageError(error as Error);
    }
    client.on("connect", () => {
      this.#subscribe().then(
        () => this.#opened(),
        (error: Error) => {
          this.#reason = error.message;
        },
      );
    });
    this.#opened();
  }

  /** @param keepSession - whether the broker goes on collecting for this service */
  async stop(keepSession: boolean): Promise<void> {
    const wasConnected = this.#connected;
    this.#stopped = true;
    await this.#client.endAsync(!wasConnected);
    if (!keepSession && wasConnected) await this.#discardSession();
  }

  /** A connection with clean session 1 ends the stored one [MQTT-3.1.2-6]. */
  #discardSession(): Promise<void> {
    const { broker, credentials } = this.#options;
    const always = { isOpen: () => true, gate: () => Promise.resolve() };
    const stream = new GatedStream({ open: () => openBrokerStream(broker, credentials), ...always });
    const client = createClient(() => stream, { ...this.#settings(), clean: true, reconnectPeriod: 0 });
    return new Promise((resolve) => {
      const end = (): void => {
        client.end(true, {}, () => resolve());
      };
      client.once("connect", () => {
        client.end(false, {}, () => resolve());
      });
      client.on("error", end);
      client.once("close", end);
      client.connect();
    });
  }

  #settings(): IClientOptions {
    const { broker, credentials, id } = this.#options;
    return {
      ...connectionOptions(broker, credentials),
      clientId: id,
      protocolVersion: 4,
      keepalive: 30,
      connectTimeout: CONNECT_TIMEOUT,
      resubscribe: false,
      manualConnect: true,
    };
  }

  #opened(): void {
    if (this.#stopped || !this.#client.connected) return;
    this.#connected = true;
    this.#options.onConnected();
  }

  #firstConnection(): Promise<void> {
    const client = this.#client;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("it does not answer")), CONNECT_TIMEOUT);
      client.on("error", (error) => {
        this.#reason = describe(error);
        reject(new Error(this.#reason));
        clearTimeout(timer);
      });
      client.on("close", () => {
        reject(new Error(this.#reason || "it closed the connection"));
        clearTimeout(timer);
        this.#closed();
      });
      client.once("connect", () => {
        clearTimeout(timer);
        resolve();
      });
      client.connect();
    });
  }

  /** Again after each connect: that brings the retained states up to date, and costs one packet. */
  async #subscribe(): Promise<void> {
    const grants = await this.#client.subscribeAsync({ ...SUBSCRIPTIONS });
    const refused = grants.filter(({ qos }) => qos > 2).map(({ topic }) => topic);
    if (refused.length > 0)
      throw new Error(`it does not let "${this.#options.id}" read ${refused.join(", ")}`);
  }

  #closed(): void {
    if (!this.#connected || this.#stopped) return;
    this.#connected = false;
    this.#options.onDisconnected(this.#reason || "the connection was closed");
    this.#reason = "";
  }

  #usageError(error: Error): Error {
    const { broker } = this.#options;
    return new UsageError(`cannot use the broker at ${formatBrokerAddress(broker)}: ${error.message}`);
  }
}

function createClient(stream: () => GatedStream, options: IClientOptions): MqttClient {
  // MQTT.js has types of its own for streams.
  return new MqttClient(stream as unknown as ConstructorParameters<typeof MqttClient>[0], options);
}

/** Node wraps the attempts at several addresses (`localhost`) in one error without a message. */
function describe(error: Error): string {
  const causes = (error as AggregateError).errors as Error[] | undefined;
  return causes?.[0]?.message ?? error.message;
}
