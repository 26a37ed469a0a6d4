import Timer from "timer";
import { AUTH, DISCONNECT, PUBLISH } from "../mqtt/control-packet";
import { MAXIMUM_REMAINING_LENGTH } from "../mqtt/limits";
import {
  CLIENT_CLOSED,
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_STATE,
  mqttError,
  NOT_CONNECTED,
} from "../mqtt/mqtt-error";
import { publishByteLength, writePublishHeader } from "../mqtt/packet-writer";
import { encodeTopicName } from "../mqtt/topic";
import { encodeBinary } from "../mqtt/utf8-string";
import { bytesOf, integerIn, invalid, numberIn } from "./connection/connect-options";
import { DEADLINE, LATEST } from "./delivery";
import type MQTTClient from "./mqtt-client";
import type { Version } from "./protocol";
import { enqueue, nextToken, sendAtOnce } from "./reliable/enqueue";
import { pump } from "./reliable/outgoing";
import { connect, settingsOf } from "./reliable/reconnect";
import { ReliableState } from "./reliable/reliable-state";
import { checkFlush, deliverReports, drop, endFlush, reportWritten } from "./reliable/report";
import type {
  PublishOptions,
  ReliableClientOptions,
  ReliablePrepareOptions,
  StreamOptions,
  SubscribeOptions,
} from "./reliable-client-options";
import type { ServerLimits } from "./version-5/state";

export type { Delivery } from "./delivery";
export type { Will } from "./mqtt-client-options";
export type {
  PublishOptions,
  QoS,
  ReliableClientOptions,
  ReliablePrepareOptions,
  StreamOptions,
  SubscribeOptions,
} from "./reliable-client-options";

const MAXIMUM_TIME = 0x7fff_ffff;

/**
 * A client that stays connected and delivers: the layer that ECMA-419 clause 25 leaves to others. It reconnects with a jittered
 * back-off, subscribes again when the broker has lost the session and only then, keeps messages in a bounded outbox until they
 * are delivered, and sends those of QoS 1 and 2 again as MQTT 3.1.1 section 4.4 wants it. No call waits for the network. With option
 * `protocol: version5` (version-5/version-5.ts) it speaks MQTT 5.0 to brokers that know it.
 *
 * ```ts
 * const client = new ReliableClient({
 *   host: "broker.local",
 *   id: "sensor-1",
 *   dns,
 *   socket,
 *   will: { topic: "home/sensor-1/status", message: "offline", QoS: 1, retain: true },
 *   onConnect() {
 *     this.publish("home/sensor-1/status", "online", { QoS: 1, retain: true });
 *   },
 * });
 * client.publish("home/temp", "21.5", { QoS: 1, retain: true });
 * ```
 *
 * Methods throw errors of family USAGE only. Callbacks may call any method.
 */
export default class ReliableClient {
  /** The option `target`; without that option the property is missing. */
  declare target?: unknown;
  readonly #state: ReliableState;

  /**
   * Begins to connect.
   * @throws {MQTTError} of family USAGE when an option is none
   */
  constructor(options: ReliableClientOptions) {
    if (!options || typeof options !== "object") invalid("options are missing");
    this.#state = new ReliableState(this, options, settingsOf(options));
    if (options.target !== undefined) this.target = options.target;
    connect(this.#state);
  }

  /** True from an accepting CONNACK until the connection is known to be lost. */
  get connected(): boolean {
    return this.#state.connected;
  }

  /** 4 is MQTT 3.1.1, 5 is MQTT 5.0: of the connection there is, or of the next attempt. */
  get version(): Version {
    return this.#state.protocol.version;
  }

  /** What the broker has said in CONNACK that it takes; `undefined` in MQTT 3.1.1, and while not connected. */
  get limits(): ServerLimits | undefined {
    return this.#state.client?.limits;
  }

  /** Connections accepted after the first. */
  get reconnects(): number {
    const { connections } = this.#state;
    return connections > 0 ? connections - 1 : 0;
  }

  /** Messages accepted and neither delivered nor dropped yet. */
  get waiting(): number {
    return this.#state.outbox.count;
  }

  /**
   * Accepts a message for delivery; copies its payload. Of QoS 1 and 2 it is kept until it is acknowledged, through any number of
   * connections; of QoS 0 until it is written. Until a message is sent its delivery class says what may become of it, see delivery.ts;
   * when the outbox is full the oldest messages that are neither sent nor MUST make room.
   * @param topic - Topic Name
   * @param payload - text is sent as UTF-8; may be empty
   * @returns a token over 0; `onDelivered` or `onDropped` names it, once, unless the device loses its power
   * @throws {MQTTError} INVALID_TOPIC, INVALID_QOS, INVALID_OPTION; INVALID_STATE after `close`
   */
  publish(topic: string, payload: string | ArrayBuffer | Uint8Array, options?: PublishOptions): number {
    const state = openState(this.#state);
    const { QoS = 0, retain = false, delivery = LATEST, deadline = 0 } = options ?? NO_OPTIONS;
    checkPublish(QoS, delivery, deadline);
    const encoded = propertiesOf(state, options?.properties);
    const bytes = payloadBytes(payload);
    if (QoS === 0 && !encoded) {
      const sent = sendAtOnce(state, topic, bytes, Boolean(retain));
      if (sent > 0) return sent;
    }
    const token = enqueue(state, topic, bytes, QoS, Boolean(retain), delivery, deadline, encoded);
    pump(state);
    return token;
  }

  /**
   * Prepares messages to one topic with payloads of one length, as sensors have them: what it returns publishes as `publish` does with
   * these options. At QoS 0, while nothing waits, that allocates nothing and copies the payload once. Good until `close`.
   *
   * ```ts
   * const publisher = client.prepare({ topic: "home/temp", payloadByteLength: 4 });
   * publisher.write(reading);
   * ```
   * @throws {MQTTError} INVALID_TOPIC, INVALID_QOS, INVALID_OPTION; INVALID_STATE after `close`
   */
  prepare(options: ReliablePrepareOptions): ReliablePublisher {
    return new ReliablePublisher(this, openState(this.#state), options);
  }

  /**
   * Sends one large message in pieces, straight from `payload` as the socket takes them; nothing is copied or kept. Other messages
   * wait until it is written. `payload` must not change before `onComplete` is called.
   * @returns false when not connected, or while another stream runs
   * @throws {MQTTError} INVALID_TOPIC, INVALID_QOS, INVALID_OPTION; INVALID_STATE after `close`
   */
  stream(topic: string, payload: ArrayBuffer | Uint8Array, options: StreamOptions): boolean {
    const state = openState(this.#state);
    const { QoS = 0, retain = false, onComplete } = options;
    if (QoS !== 0 && QoS !== 1) throw mqttError(INVALID_QOS, `QoS ${QoS} is not 0 or 1`);
    if (typeof onComplete !== "function") throw mqttError(INVALID_OPTION, "onComplete is not a function");
    const bytes = bytesOf(payload, "payload");
    const properties = propertiesOf(state, options.properties);
    state.topics.encode(topic);
    if (!state.connected || state.stream) return false;
    state.stream = {
      payload: bytes,
      topic,
      QoS,
      retain: Boolean(retain),
      properties,
      onComplete,
      position: -1,
      packetIdentifier: 0,
    };
    pump(state);
    return true;
  }

  /**
   * Subscribes now or as soon as connected, and again whenever the broker has lost the session. One that the broker has already is
   * not sent again, so this may be called in every `onConnect`. Messages come to `onMessage`; a refusal comes to `onError`.
   * @param topicFilter - see MQTT 3.1.1 section 4.7
   * @param QoS - the most that the broker shall use; default 0
   * @param options - of MQTT 5.0
   * @throws {MQTTError} INVALID_TOPIC, INVALID_QOS, INVALID_OPTION; INVALID_STATE after `close`
   */
  subscribe(topicFilter: string, QoS: 0 | 1 | 2 = 0, options?: SubscribeOptions): void {
    const state = openState(this.#state);
    if (QoS !== 0 && QoS !== 1 && QoS !== 2) throw mqttError(INVALID_QOS, `QoS ${QoS} is not 0, 1 or 2`);
    state.subscriptions.add(state.preferred, topicFilter, QoS, options);
    pump(state);
  }

  /**
   * Ends a subscription, now or as soon as connected.
   * @throws {MQTTError} INVALID_TOPIC; INVALID_STATE after `close`
   */
  unsubscribe(topicFilter: string): void {
    const state = openState(this.#state);
    state.subscriptions.delete(topicFilter);
    pump(state);
  }

  /**
   * Connects now instead of after the delay, or although nothing was arranged for because the session had been taken over.
   * Without effect while there is a connection or an attempt at one.
   * @throws {MQTTError} INVALID_STATE after `close`
   */
  reconnect(): void {
    const state = openState(this.#state);
    if (state.client) return;
    Timer.clear(state.timer);
    connect(state);
  }

  /**
   * Authenticates again on the same connection (MQTT 5.0 section 4.12.1), with the Authentication Method of the options.
   * `onAuthenticate` gets the broker's answers; when it is not satisfied the broker ends the connection.
   * @throws {MQTTError} NOT_CONNECTED, INVALID_STATE
   */
  reauthenticate(data?: ArrayBuffer | Uint8Array): void {
    const { client } = openState(this.#state);
    if (!client) throw mqttError(NOT_CONNECTED, "there is no connection");
    client.write(data, { operation: AUTH });
  }

  /**
   * Waits, at most `deadline` ms, until everything is delivered: acknowledged, or written at QoS 0. For the time before deep sleep
   * or `close`. A second call replaces the first, whose callback is not called.
   * @param deadline - ms, 0 or more
   * @param callback - gets the number of messages that are not delivered; never called before `flush` returns, nor after `close`
   * @throws {MQTTError} INVALID_OPTION; INVALID_STATE after `close`
   */
  flush(deadline: number, callback: (this: void, unsentCount: number) => void): void {
    const state = openState(this.#state);
    numberIn(deadline, 0, MAXIMUM_TIME, "deadline");
    if (typeof callback !== "function") throw mqttError(INVALID_OPTION, "callback is not a function");
    Timer.clear(state.flush?.timer);
    state.flush = { callback, timer: Timer.set(() => endFlush(state), deadline) };
    checkFlush(state);
  }

  /**
   * Parts from the broker with DISCONNECT when connected (so it does not publish the will), and gives everything back. What is not
   * delivered is dropped: `onDropped` is called for it before `close` returns. No callback follows. May be called more than once.
   */
  close(): void {
    const state = this.#state;
    state.closed = true;
    state.connected = false;
    const { client } = state;
    state.client = undefined;
    clearTimers(state);
    if (client) disconnect(client);
    deliverReports(state);
    state.partialToken = 0;
    state.stream = undefined;
    while (state.outbox.count > 0) drop(state, 0, CLIENT_CLOSED, "the client was closed");
  }
}

/** What `ReliableClient.prepare` returns. */
export class ReliablePublisher {
  readonly #client: ReliableClient;
  readonly #state: ReliableState;
  readonly #options: ReliablePrepareOptions;
  /** Complete but for the payload; `undefined` where messages are always kept, and in MQTT 5.0, whose packets are never the same. */
  readonly #packet: Uint8Array | undefined;
  /** Where the payload begins. */
  readonly #header: number;

  /** Use `ReliableClient.prepare`. */
  constructor(client: ReliableClient, state: ReliableState, options: ReliablePrepareOptions) {
    const { topic, QoS = 0, retain = false, delivery = LATEST, deadline = 0 } = options;
    checkPublish(QoS, delivery, deadline);
    const length = integerIn(options.payloadByteLength, 0, MAXIMUM_REMAINING_LENGTH, "payloadByteLength");
    const topicBytes = encodeTopicName(topic);
    this.#client = client;
    this.#state = state;
    this.#options = options;
    this.#header = 0;
    if (QoS > 0 || options.properties) return;
    this.#packet = new Uint8Array(publishByteLength(topicBytes.length, length, 0));
    this.#header = writePublishHeader(this.#packet, 0, topicBytes, length, 0, Boolean(retain), false, 0);
  }

  /**
   * Publishes. A payload of another length than the one prepared for is published all the same.
   * @returns as `ReliableClient.publish`
   * @throws {MQTTError} INVALID_OPTION; INVALID_STATE after `close`
   */
  write(payload: Uint8Array): number {
    const packet = this.#packet;
    const state = this.#state;
    const { client, outbox } = state;
    if (
      !packet ||
      !client ||
      !state.connected ||
      outbox.used > 0 ||
      state.stream ||
      state.protocol.version !== 4 ||
      !(payload instanceof Uint8Array) ||
      payload.length !== packet.length - this.#header ||
      client.writable < packet.length
    )
      return this.#client.publish(this.#options.topic, payload, this.#options);
    const token = nextToken(state);
    packet.set(payload, this.#header);
    client.send(packet, packet.length, 0, 0);
    if (state.callbacks.onDelivered || state.flush) reportWritten(state, token);
    return token;
  }
}

const NO_OPTIONS: PublishOptions = Object.freeze({});

function checkPublish(QoS: number, delivery: number, deadline: number): void {
  if (QoS !== 0 && QoS !== 1 && QoS !== 2) throw mqttError(INVALID_QOS, `QoS ${QoS} is not 0, 1 or 2`);
  if (!(delivery >= 0 && delivery <= 2)) invalid(`delivery ${delivery} is not LATEST, DEADLINE or MUST`);
  if (delivery === DEADLINE) numberIn(deadline, 1, MAXIMUM_TIME, "deadline");
  else if (deadline !== 0) invalid("a deadline needs delivery DEADLINE");
}

function openState(state: ReliableState): ReliableState {
  if (state.closed) throw mqttError(INVALID_STATE, "the client is closed");
  return state;
}

function propertiesOf(state: ReliableState, properties: object | undefined): Uint8Array | undefined {
  const { encodeProperties } = state.preferred;
  if (properties === undefined || properties instanceof Uint8Array) return properties;
  return encodeProperties ? encodeProperties(PUBLISH, properties) : invalid("properties need MQTT 5.0");
}

function payloadBytes(payload: string | ArrayBuffer | Uint8Array): Uint8Array {
  if (typeof payload !== "string") return bytesOf(payload, "payload");
  // Browsers, where this client runs too, have no fromString.
  if (ArrayBuffer.fromString as unknown) return new Uint8Array(ArrayBuffer.fromString(payload));
  return encodeBinary(payload).subarray(2);
}

function clearTimers(state: ReliableState): void {
  Timer.clear(state.timer);
  Timer.clear(state.streamTimer);
  Timer.clear(state.reportTimer);
  Timer.clear(state.flush?.timer);
  state.timer = undefined;
  state.streamTimer = undefined;
  state.reportTimer = undefined;
  state.flush = undefined;
}

function disconnect(client: MQTTClient): void {
  try {
    client.write(undefined, { operation: DISCONNECT });
  } catch {
    // Not connected yet, or in the middle of a message, or the socket is full: then there is no clean way to part.
  }
  client.close();
}
