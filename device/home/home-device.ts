import Timer from "timer";
import type ReliableClient from "../client/reliable-client";
import type { ReliableClientOptions } from "../client/reliable-client-options";
import type { OUTBOX_FULL as ClientOutboxFull, SUPERSEDED as ClientSuperseded } from "../mqtt/mqtt-error";
import type { DeviceDescription } from "./description";
import { assertDiscoveryPrefix, DISCOVERY_PREFIX, discoveryTopicOf, formatDiscovery } from "./discovery";
import { DISCOVERY_NOT_SENT } from "./log-code";
import { formatLogEntry, type LogLevel, textOf } from "./payload";
import {
  DISCOVERY,
  deviceTopicOf,
  HOME_ASSISTANT_STATUS,
  LOG,
  STATUS,
  type StreamRow,
  type TopicRow,
  topicOf,
} from "./topics";

/** How long a clean close waits for `offline` and what else is unsent, milliseconds. */
const FLUSH_DEADLINE = 2_000;
/** The devices of a home answer Home Assistant's birth spread over so many milliseconds. */
const BIRTH_JITTER = 5_000;

// Their values, checked against the client's by the compiler: this layer imports only types from there.
const OUTBOX_FULL: typeof ClientOutboxFull = 203;
const SUPERSEDED: typeof ClientSuperseded = 205;

/** What the client reports: its `code` is one of device/mqtt/mqtt-error.ts. */
export type ClientError = Parameters<NonNullable<ReliableClientOptions["onError"]>>[0];

/** The client's class and its options, without those that a home device sets itself. */
export interface HomeClientOptions
  extends Omit<
    ReliableClientOptions,
    | "id"
    | "will"
    | "target"
    | "onConnect"
    | "onDisconnect"
    | "onMessage"
    | "onDelivered"
    | "onDropped"
    | "onError"
  > {
  io: typeof ReliableClient;
}

/** What every device of the home is given. */
export interface DeviceSettings {
  /** Device id and Client Identifier: `[a-zA-Z0-9_-]`, 1 to 64 characters (Home Assistant's rule for ids). */
  id: string;
  client: HomeClientOptions;
  /** The device's own topic where the home has several of its kind: `home/livingroom/light`. Default the table's. */
  topic?: string | undefined;
  /** For people; default the description's. */
  name?: string | undefined;
  /** Home Assistant's `discovery_prefix`; default `homeassistant`. Empty: Home Assistant is not told of the device. */
  discovery?: string | undefined;
}

export interface HomeDeviceOptions<Target> {
  settings: DeviceSettings;
  description: DeviceDescription;
  target: Target;
  /** Milliseconds between readings, of devices that have them. */
  interval?: number;
  /** `online` and the discovery are on their way, after a connect or as Home Assistant has started: publish the state. */
  onConnect(this: HomeDevice<Target>): void;
  /** A message on the command topic; `payload` is valid during the call. */
  onCommand?: (this: HomeDevice<Target>, payload: Uint8Array, retain: boolean) => void;
  /** An accepted message was given up. */
  onDropped?: (this: HomeDevice<Target>, topic: string, reason: ClientError) => void;
}

/**
 * What all devices of the home share: availability with a will, the log topic, Home Assistant's discovery, the order of
 * things at a connect (subscribe commands, `online`, discovery, state) and a clean close (`offline`, flush, DISCONNECT).
 *
 * Subscriptions come first so that a command sent at the sight of `online` is not missed.
 */
export default class HomeDevice<Target> {
  readonly id: string;
  readonly target: Target;
  readonly #client: ReliableClient;
  readonly #statusTopic: string;
  readonly #logTopic: string;
  readonly #description: DeviceDescription;
  readonly #topic: string | undefined;
  readonly #name: string | undefined;
  /** Empty: none. */
  readonly #discovery: string;
  readonly #interval: number | undefined;
  readonly #commandTopic: string | undefined;
  readonly #random: () => number;
  readonly #onConnect: HomeDeviceOptions<Target>["onConnect"];
  readonly #onCommand: HomeDeviceOptions<Target>["onCommand"];
  readonly #onDropped: HomeDeviceOptions<Target>["onDropped"];
  /** Runs from Home Assistant's birth until this device answers. */
  #birth: Timer | undefined;
  #subscribed = false;
  /** Why the connection was lost, until it is back. */
  #outage: ClientError | undefined;
  #closing = false;
  #closed = false;
  readonly #onClosed: (() => void)[] = [];

  /**
   * Connects, and stays connected until `close()`.
   * @throws {RangeError} if `id` or `discovery` is not valid
   */
  constructor(options: HomeDeviceOptions<Target>) {
    const { settings, description } = options;
    const { id, client, topic, discovery = DISCOVERY_PREFIX } = settings;
    assertIdentifier(id);
    assertDiscoveryPrefix(discovery);
    this.id = id;
    this.target = options.target;
    this.#description = description;
    this.#topic = topic;
    this.#name = settings.name;
    this.#discovery = discovery;
    this.#interval = options.interval;
    const command = commandOf(description);
    this.#commandTopic = command && topicOf(command, topic);
    this.#random = client.random ?? Math.random;
    this.#statusTopic = deviceTopicOf(STATUS, id);
    this.#logTopic = deviceTopicOf(LOG, id);
    this.#onConnect = options.onConnect;
    this.#onCommand = options.onCommand;
    this.#onDropped = options.onDropped;
    this.#client = new client.io({
      ...client,
      id,
      will: { topic: this.#statusTopic, message: "offline", QoS: STATUS.QoS, retain: STATUS.retain },
      target: this,
      onConnect: HomeDevice.#connected,
      onDisconnect: HomeDevice.#disconnected,
      onMessage: HomeDevice.#message,
      onDropped: HomeDevice.#dropped,
      onError: HomeDevice.#failed,
    });
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  /**
   * Publishes as the table says; after `close()` does nothing.
   * @param row - the row of the table, for QoS, retain and delivery
   * @param topic - the topic of this device; see `topicOf`
   */
  publish(row: TopicRow, topic: string, payload: string): void {
    if (!this.#closing) this.#client.publish(topic, payload, row);
  }

  /**
   * Sends `payload` in pieces straight from its memory, which must stay until `onComplete`.
   * @returns `false` while offline or while another stream runs; `onComplete` is not called then
   */
  stream(
    row: StreamRow,
    topic: string,
    payload: Uint8Array,
    onComplete: (error: ClientError | undefined) => void,
  ): boolean {
    if (this.#closing) return false;
    return this.#client.stream(topic, payload, { QoS: 0, retain: row.retain, onComplete });
  }

  /** Reports on the log topic, and on the debugger's console. */
  log(level: LogLevel, code: number, message: string): void {
    trace(`${this.id}: ${level} ${code}: ${message}\n`);
    this.publish(LOG, this.#logTopic, formatLogEntry(level, code, message));
  }

  /**
   * Publishes `offline`, waits at most 2 s until everything is sent, and disconnects.
   * @param callback - called when the connection is closed; later, or at once where there was none
   */
  close(callback?: () => void): void {
    if (this.#closed) {
      callback?.();
      return;
    }
    if (callback) this.#onClosed.push(callback);
    if (this.#closing) return;
    this.#forgetBirth();
    if (!this.#client.connected) {
      // The broker has published the will already, or never heard of this device.
      this.#closing = true;
      this.#finish();
      return;
    }
    this.publish(STATUS, this.#statusTopic, "offline");
    this.#closing = true;
    this.#client.flush(FLUSH_DEADLINE, (unsentCount) => {
      if (unsentCount > 0) trace(`${this.id}: closed with ${unsentCount} messages unsent\n`);
      this.#finish();
    });
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.close();
    for (let index = 0; index < this.#onClosed.length; index += 1) this.#onClosed[index]!();
  }

  #subscribe(): void {
    const command = commandOf(this.#description);
    if (command) this.#client.subscribe(this.#commandTopic!, command.QoS);
    if (this.#discovery !== "")
      this.#client.subscribe(HOME_ASSISTANT_STATUS.topic, HOME_ASSISTANT_STATUS.QoS);
  }

  #announce(): void {
    this.publish(STATUS, this.#statusTopic, "online");
    if (this.#discovery !== "") this.publish(DISCOVERY, this.#discoveryTopic, this.#formatDiscovery());
    this.#onConnect();
  }

  get #discoveryTopic(): string {
    return discoveryTopicOf(this.#discovery, this.id);
  }

  #formatDiscovery(): string {
    return formatDiscovery({
      id: this.id,
      description: this.#description,
      topic: this.#topic,
      name: this.#name,
      interval: this.#interval,
    });
  }

  /** Announces the device again, later: one answer for all births until then. */
  #announceLater(): void {
    if (this.#closing || !this.#client.connected) return;
    this.#birth ??= Timer.set(
      () => {
        this.#birth = undefined;
        this.#announce();
      },
      Math.floor(this.#random() * BIRTH_JITTER),
    );
  }

  #forgetBirth(): void {
    Timer.clear(this.#birth);
    this.#birth = undefined;
  }

  static readonly #connected = function (this: ReliableClient): void {
    const device = this.target as HomeDevice<unknown>;
    if (device.#closing) return;
    // Once: from then on the client subscribes again where the broker has lost the session.
    if (!device.#subscribed) device.#subscribe();
    device.#subscribed = true;
    device.#announce();
    const outage = device.#outage;
    device.#outage = undefined;
    if (outage) device.log("warning", outage.code, `connected again after: ${outage.message}`);
  };

  static readonly #disconnected = function (this: ReliableClient, error: ClientError | undefined): void {
    const device = this.target as HomeDevice<unknown>;
    device.#outage ??= error;
    // The next connect announces the device anyway.
    device.#forgetBirth();
  };

  static readonly #message = function (
    this: ReliableClient,
    topic: string,
    payload: Uint8Array,
    _QoS: number,
    retain: boolean,
  ): void {
    const device = this.target as HomeDevice<unknown>;
    if (device.#closing) return;
    if (topic === device.#commandTopic) device.#onCommand?.(payload, retain);
    else if (device.#discovery !== "" && isBirth(topic, payload, retain)) device.#announceLater();
  };

  static readonly #dropped = function (
    this: ReliableClient,
    _token: number,
    topic: string,
    reason: ClientError,
  ): void {
    const device = this.target as HomeDevice<unknown>;
    // A device that is there and not `online` would stay unavailable until its next connect.
    if (topic === device.#statusTopic && reason.code === OUTBOX_FULL) device.#announceLater();
    else if (topic === device.#discoveryTopic && reason.code !== SUPERSEDED)
      device.log("warning", DISCOVERY_NOT_SENT, `discovery not sent: ${reason.message}`);
    else device.#onDropped?.(topic, reason);
  };

  static readonly #failed = function (this: ReliableClient, error: ClientError): void {
    const device = this.target as HomeDevice<unknown>;
    // While offline, only the first reason is kept: attempts that fail would fill the outbox with their errors.
    if (this.connected) device.log("error", error.code, error.message);
    else {
      device.#outage ??= error;
      // Whoever sets a board up has nothing else to look at.
      trace(`${device.id}: not connected: ${error.message}\n`);
    }
  };
}

/** Home Assistant has started. A birth that the broker kept is an old one: the device has announced itself since. */
function isBirth(topic: string, payload: Uint8Array, retain: boolean): boolean {
  return topic === HOME_ASSISTANT_STATUS.topic && !retain && textOf(payload) === "online";
}

function commandOf({ components }: DeviceDescription): TopicRow | undefined {
  for (let index = 0; index < components.length; index += 1) {
    const component = components[index]!;
    if (component.platform === "light") return component.command;
  }
  return undefined;
}

const MAXIMUM_IDENTIFIER_BYTES = 64;

function assertIdentifier(id: string): void {
  const bytes = new Uint8Array(ArrayBuffer.fromString(id));
  let valid = bytes.byteLength >= 1 && bytes.byteLength <= MAXIMUM_IDENTIFIER_BYTES;
  for (let index = 0; index < bytes.byteLength; index += 1) valid &&= isIdentifierByte(bytes[index]!);
  if (!valid)
    throw new RangeError(
      `id "${id}" is not 1 to ${MAXIMUM_IDENTIFIER_BYTES} of the characters a-z A-Z 0-9 _ -`,
    );
}

function isIdentifierByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || // 0-9
    (byte >= 0x41 && byte <= 0x5a) || // A-Z
    (byte >= 0x61 && byte <= 0x7a) || // a-z
    byte === 0x5f || // _
    byte === 0x2d // -
  );
}
