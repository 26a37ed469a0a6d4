import { randomBytes } from "node:crypto";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import { UsageError } from "../usage-error";
import { type BrokerAddress, formatBrokerAddress } from "./broker-address";
import { type BrokerCredentials, connectionOptions } from "./broker-connection";

/** A message that a broker keeps. */
export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** That it was published with, at most 2. */
  readonly QoS: number;
}

/** How long a broker may take to answer, ms. */
const ANSWER_TIMEOUT = 5_000;

/** A short connection to a broker, to see what it keeps and to put it right. */
export class BrokerVisit {
  readonly #broker: BrokerAddress;
  readonly #client: MqttClient;
  /** Resolves when the connection is over. */
  readonly #over: Promise<void>;

  private constructor(broker: BrokerAddress, client: MqttClient) {
    this.#broker = broker;
    this.#client = client;
    this.#over = new Promise((resolve) => {
      client.once("close", () => resolve());
    });
  }

  /**
   * @param id - Client Identifier, where it matters; a client with the same loses its connection and its session
   * @throws {UsageError} naming the broker, when it cannot be reached or refuses
   */
  static async begin(
    broker: BrokerAddress,
    credentials?: BrokerCredentials,
    id: string = `thimble-visit-${randomBytes(4).toString("hex")}`,
  ): Promise<BrokerVisit> {
    const client = connect({
      ...connectionOptions(broker, credentials),
      protocolVersion: 4,
      clientId: id,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: ANSWER_TIMEOUT,
      resubscribe: false,
    });
    const refusal = await new Promise<string | undefined>((resolve) => {
      client.once("connect", () => resolve(undefined));
      client.once("error", (error) => resolve(describe(error)));
      client.once("close", () => resolve("it closed the connection, or did not answer"));
    });
    client.on("error", () => {}); // each call tells of its own
    if (refusal === undefined) return new BrokerVisit(broker, client);
    await client.endAsync(true);
    throw new UsageError(`cannot use the broker at ${formatBrokerAddress(broker)}: ${refusal}`);
  }

  /**
   * The messages that the broker keeps, by topic. MQTT does not say which is the last: when for `quiet` ms none has come, all have.
   * @throws {UsageError} when the broker does not let this visitor read there
   */
  async retained(
    topicFilters: readonly string[],
    quiet: number,
  ): Promise<ReadonlyMap<string, RetainedMessage>> {
    const messages = new Map<string, RetainedMessage>();
    if (topicFilters.length === 0) return messages;
    let last = performance.now();
    const take = (packet: IPublishPacket): void => {
      if (!packet.retain) return;
      last = performance.now();
      const { topic, qos: QoS } = packet;
      messages.set(topic, { topic, payload: Buffer.from(packet.payload as Buffer), QoS });
    };
    const onMessage = (_topic: string, _payload: Buffer, packet: IPublishPacket): void => take(packet);
    this.#client.on("message", onMessage);
    try {
      await this.#subscribe(topicFilters);
      last = performance.now();
      for (let left = quiet; left > 0; left = last + quiet - performance.now()) {
        await new Promise((resolve) => setTimeout(resolve, left));
        // What had come while this program was busy with something else counts.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await this.#answered(this.#client.unsubscribeAsync([...topicFilters]), "to unsubscribe");
    } finally {
      this.#client.off("message", onMessage);
    }
    return messages;
  }

  /** Publishes and waits until the broker has it. @throws {UsageError} when it does not answer */
  async publish(
    topic: string,
    payload: string | Buffer,
    options: { readonly QoS?: 0 | 1 | 2; readonly retain?: boolean } = {},
  ): Promise<void> {
    const { QoS = 1, retain = false } = options;
    await this.#answered(
      this.#client.publishAsync(topic, payload, { qos: QoS, retain }),
      `to publish to ${topic}`,
    );
  }

  /** Lets the broker forget what it keeps on a topic: an empty retained message (MQTT 3.1.1 section 3.3.1.3). */
  async clear(topic: string): Promise<void> {
    await this.publish(topic, "", { retain: true });
  }

  async end(): Promise<void> {
    await this.#client.endAsync(!this.#client.connected);
  }

  async #subscribe(topicFilters: readonly string[]): Promise<void> {
    const granted = await this.#answered(
      this.#client.subscribeAsync([...topicFilters], { qos: 1 }),
      "to subscribe",
    );
    const refused = granted.filter(({ qos }) => (qos as number) >= 0x80).map(({ topic }) => topic);
    if (refused.length > 0) throw this.#refusal(`it does not let me read ${refused.join(", ")}`);
  }

  /** MQTT.js waits for ever where the connection is lost: a broker may end it for what it does not allow. */
  async #answered<Result>(answer: Promise<Result>, what: string): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, ANSWER_TIMEOUT, `no answer within ${ANSWER_TIMEOUT / 1_000} s`);
    });
    const over = this.#over.then(() => "it ended the connection");
    const refused = Promise.race([silence, over]).then((reason) => {
      throw this.#refusal(`${reason} at the request ${what}`);
    });
    try {
      return await Promise.race([answer, refused]);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw this.#refusal(`${describe(error as Error)} at the request ${what}`);
    } finally {
      clearTimeout(timer);
    }
  }

  #refusal(reason: string): UsageError {
    return new UsageError(`the broker at ${formatBrokerAddress(this.#broker)}: ${reason}`);
  }
}

/** Node wraps the attempts at several addresses (`localhost`) in one error without a message. */
function describe(error: Error): string {
  const causes = (error as AggregateError).errors as Error[] | undefined;
  return causes?.[0]?.message ?? error.message;
}
