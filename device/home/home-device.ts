import type ReliableClient from "../client/reliable-client";
import type { ReliableClientOptions } from "../client/reliable-client-options";
import { formatLogEntry, type LogLevel } from "./payload";
import { deviceTopicOf, LOG, STATUS, type StreamRow, type TopicRow } from "./topics";

/** How long a clean close waits for `offline` and what else is unsent, milliseconds. */
const FLUSH_DEADLINE = 2_000;

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

export interface HomeDeviceOptions<Target> {
  /** Device id and Client Identifier: `[a-zA-Z0-9_-]`, 1 to 64 characters (Home Assistant's rule for ids). */
  id: string;
  client: HomeClientOptions;
  target: Target;
  /** Where the device takes its commands, and the row of the table for that; none by default. */
  command?: { topic: string; row: TopicRow };
  /** Connected, and `online` is on its way: publish the state. */
  onConnect(this: HomeDevice<Target>): void;
  /** A message on the command topic; `payload` is valid during the call. */
  onCommand?: (this: HomeDevice<Target>, payload: Uint8Array, retain: boolean) => void;
  /** An accepted message was given up. */
  onDropped?: (this: HomeDevice<Target>, topic: string, reason: ClientError) => void;
}

/**
 * What all devices of the home share: availability with a will, the log topic, the order of things at a connect
 * (subscribe commands, `online`, state) and a clean close (`offline`, flush, DISCONNECT).
 */
export default class HomeDevice<Target> {
  readonly id: string;
  readonly target: Target;
  readonly #client: ReliableClient;
  readonly #statusTopic: string;
  readonly #logTopic: string;
  readonly #command: HomeDeviceOptions<Target>["command"];
  readonly #onConnect: HomeDeviceOptions<Target>["onConnect"];
  readonly #onCommand: HomeDeviceOptions<Target>["onCommand"];
  readonly #onDropped: HomeDeviceOptions<Target>["onDropped"];
  #subscribed = false;
  /** Why the connection was lost, until it is back. */
  #outage: ClientError | undefined;
  #closing = false;
  #closed = false;
  readonly #onClosed: (() => void)[] = [];

  /**
   * Connects, and stays connected until `close()`.
   * @throws {RangeError} if `id` is not a valid id
   */
  constructor(options: HomeDeviceOptions<Target>) {
    const { id, client } = options;
    assertIdentifier(id);
    this.id = id;
    this.target = options.target;
    this.#statusTopic = deviceTopicOf(STATUS, id);
    this.#logTopic = deviceTopicOf(LOG, id);
    this.#command = options.command;
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

  static readonly #connected = function (this: ReliableClient): void {
    const device = this.target as HomeDevice<unknown>;
    if (device.#closing) return;
    // Once: from then on the client subscribes again where the broker has lost the session.
    const command = device.#command;
    if (command && !device.#subscribed) this.subscribe(command.topic, command.row.QoS);
    device.#subscribed = true;
    device.publish(STATUS, device.#statusTopic, "online");
    const outage = device.#outage;
    device.#outage = undefined;
    if (outage) device.log("warning", outage.code, `connected again after: ${outage.message}`);
    device.#onConnect();
  };

  static readonly #disconnected = function (this: ReliableClient, error: ClientError | undefined): void {
    const device = this.target as HomeDevice<unknown>;
    device.#outage ??= error;
  };

  static readonly #message = function (
    this: ReliableClient,
    topic: string,
    payload: Uint8Array,
    _QoS: number,
    retain: boolean,
  ): void {
    const device = this.target as HomeDevice<unknown>;
    if (!device.#closing && topic === device.#command?.topic) device.#onCommand?.(payload, retain);
  };

  static readonly #dropped = function (
    this: ReliableClient,
    _token: number,
    topic: string,
    reason: ClientError,
  ): void {
    const device = this.target as HomeDevice<unknown>;
    device.#onDropped?.(topic, reason);
  };

  static readonly #failed = function (this: ReliableClient, error: ClientError): void {
    const device = this.target as HomeDevice<unknown>;
    // While offline, only the first reason is kept: attempts that fail would fill the outbox with their errors.
    if (this.connected) device.log("error", error.code, error.message);
    else device.#outage ??= error;
  };
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
