import {
  AUTH,
  CONNACK,
  CONNECT,
  DISCONNECT,
  PINGREQ,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBACK,
  SUBSCRIBE,
  UNSUBACK,
  UNSUBSCRIBE,
} from "../mqtt/control-packet";
import { MAXIMUM_REMAINING_LENGTH } from "../mqtt/limits";
import { INVALID_OPTION, INVALID_STATE, mqttError, NOT_CONNECTED } from "../mqtt/mqtt-error";
import { Session } from "../mqtt/session";
import {
  bytesOf,
  callbacksOf,
  checkOptions,
  integerIn,
  invalid,
  keepAliveFor,
  timeoutOf,
} from "./connection/connect-options";
import { Connection } from "./connection/connection";
import { CLOSED, CONNECTED } from "./connection/connection-state";
import { abandon } from "./connection/lifecycle";
import { readPayload } from "./connection/receive";
import { assertWritable, sendPublish, transmit, writableCount } from "./connection/transmit";
import { open } from "./connection/transport";
import { Publisher, writeAgain, writeControl, writeFragment, writePublish } from "./connection/write";
import type { ByteBuffer, MQTTClientOptions, PrepareOptions, WriteOptions } from "./mqtt-client-options";
import type { Version } from "./protocol";
import { version3 } from "./version-3";
import type { ServerLimits } from "./version-5/state";

export type { Publisher } from "./connection/write";
export type {
  ByteBuffer,
  ControlMessage,
  MQTTClientOptions,
  PrepareOptions,
  ReadableOptions,
  Will,
  WriteItem,
  WriteOptions,
} from "./mqtt-client-options";

/**
 * One MQTT connection, of 3.1.1 or, with option `protocol`, of 5.0: the MQTT Client class of ECMA-419 (3rd edition, clause 25), a drop-in for the Moddable SDK's
 * `embedded:network/mqtt/client`. Sends and receives messages of any size through two small buffers; answers QoS 1 and 2 once
 * the application has read the payload. It does not reconnect, and keeps no messages: see `ReliableClient`.
 *
 * ```ts
 * const client = new MQTTClient({
 *   ...device.network.mqtt,
 *   host: "broker.local",
 *   id: "sensor-1",
 *   keepAlive: 60_000,
 *   onControl(opcode, message) {
 *     if (opcode === MQTTClient.CONNACK)
 *       this.write(ArrayBuffer.fromString("21.5"), { topic: "home/temp", QoS: 1, retain: true });
 *   },
 *   onError(error) {
 *     this.close();
 *   },
 * });
 * ```
 *
 * `write` throws as ECMA-419 clause 9 wants it when the socket is full (BUFFER_FULL), too much is in flight (IN_FLIGHT_FULL), or
 * the call makes no sense (family USAGE); then nothing has been sent. All else comes to `onError`.
 */
export default class MQTTClient {
  static readonly CONNECT: typeof CONNECT = CONNECT;
  static readonly CONNACK: typeof CONNACK = CONNACK;
  static readonly PUBLISH: typeof PUBLISH = PUBLISH;
  static readonly PUBACK: typeof PUBACK = PUBACK;
  static readonly PUBREC: typeof PUBREC = PUBREC;
  static readonly PUBREL: typeof PUBREL = PUBREL;
  static readonly PUBCOMP: typeof PUBCOMP = PUBCOMP;
  static readonly SUBSCRIBE: typeof SUBSCRIBE = SUBSCRIBE;
  static readonly SUBACK: typeof SUBACK = SUBACK;
  static readonly UNSUBSCRIBE: typeof UNSUBSCRIBE = UNSUBSCRIBE;
  static readonly UNSUBACK: typeof UNSUBACK = UNSUBACK;
  static readonly PINGREQ: typeof PINGREQ = PINGREQ;
  static readonly PINGRESP: typeof PINGRESP = PINGRESP;
  static readonly DISCONNECT: typeof DISCONNECT = DISCONNECT;
  /** Of MQTT 5.0. */
  static readonly AUTH: typeof AUTH = AUTH;

  /** The option `target`; without that option the property is missing. */
  declare target?: unknown;
  #connection: Connection | undefined;

  /**
   * Begins to connect. No callback is called before the constructor has returned.
   * @throws {MQTTError} of family USAGE, before anything is allocated, when an option is none
   */
  constructor(options: MQTTClientOptions) {
    checkOptions(options);
    const { target, clean = true, protocol = version3 } = options;
    const bufferByteLength = integerIn(options.bufferByteLength ?? 256, 16, 65_536, "bufferByteLength");
    const timeout = timeoutOf(options);
    const connectPacket = protocol.connectPacket(options);
    const connection = new Connection(
      this,
      callbacksOf(options),
      protocol,
      options.session ?? new Session(),
      protocol.createReader(options),
      keepAliveFor(options),
      Boolean(clean),
      bufferByteLength,
    );
    connection.connectPacket = connectPacket;
    protocol.begin?.(connection, options);
    this.#connection = connection;
    if (target !== undefined) this.target = target;
    open(connection, options, timeout);
  }

  /** Always "buffer". */
  get format(): "buffer" {
    return "buffer";
  }

  set format(format: "buffer") {
    if (format !== "buffer") invalid(`format ${format} is not buffer`);
  }

  /** Extension: bytes that may be written now; 0 when not connected. */
  get writable(): number {
    const connection = this.#connection;
    return connection?.state === CONNECTED ? writableCount(connection) : 0;
  }

  /** Extension: 4 is MQTT 3.1.1, 5 is MQTT 5.0; `undefined` after `close`. */
  get version(): Version | undefined {
    return this.#connection?.protocol.version;
  }

  /** Extension: CONNECT has been sent. */
  get asked(): boolean {
    return this.#connection?.asked ?? false;
  }

  /** Extension: the connection is over, or was never made. */
  get ended(): boolean {
    return !this.#connection || this.#connection.state === CLOSED;
  }

  /** Extension: what the broker has said in CONNACK that it takes; `undefined` in MQTT 3.1.1, and before CONNACK. */
  get limits(): ServerLimits | undefined {
    const connection = this.#connection;
    // Also when it is over: who is in the middle of sending has not been told yet.
    return connection && connection.state >= CONNECTED ? connection.version5?.limits : undefined;
  }

  /** Extension: QoS 1 and 2 messages that may be sent now, by the broker's Receive Maximum ([MQTT-3.3.4-7]). */
  get quota(): number {
    const flow = this.#connection?.version5?.flow;
    return flow ? flow.sendQuota : UNLIMITED;
  }

  /**
   * Closes the connection at once and for good, without DISCONNECT (so the broker publishes the will; `write` a DISCONNECT first
   * to part cleanly). Allowed at any moment, in every callback, and more than once. No callback follows, `onClose` included.
   */
  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection) abandon(connection);
  }

  /**
   * Reads payload of the current message: a new ArrayBuffer of `count` bytes, or of as many as are announced. For a message
   * without payload it is empty; when nothing can be read the result is `undefined`, though typed as the typings have it.
   * @throws {MQTTError} INVALID_STATE after `close`, INVALID_OPTION
   */
  read(count: number): ArrayBuffer;
  /** Reads all payload that is announced. */
  read(): ArrayBuffer | undefined;
  /** Reads into a Byte Buffer, as much as fits. @returns bytes read, or `undefined` when nothing can be read */
  read(buffer: ByteBuffer): number | undefined;
  read(countOrBuffer?: number | ByteBuffer): ArrayBuffer | number | undefined {
    const connection = openOf(this.#connection);
    if (connection.state === CLOSED || (connection.available === 0 && !connection.isEmpty)) return undefined;
    if (typeof countOrBuffer === "object") return readPayload(connection, bytesOf(countOrBuffer, "buffer"));
    const { available } = connection;
    const wanted =
      countOrBuffer === undefined
        ? available
        : integerIn(countOrBuffer, 0, MAXIMUM_REMAINING_LENGTH, "count");
    const result = new ArrayBuffer(Math.min(wanted, available));
    readPayload(connection, new Uint8Array(result));
    return result;
  }

  /**
   * Sends a message, or a fragment of one, or a control packet.
   * @param data - payload; `undefined` or `null` with a control packet
   * @param options - required, except for the fragments after the first
   * @returns bytes that may be written now
   * @throws {MQTTError} see the class; NOT_CONNECTED before CONNACK
   */
  write(data: ByteBuffer | null | undefined, options?: WriteOptions): number {
    const open = openOf(this.#connection);
    if (options && writeAgain(open, data, options)) return writableCount(open);
    // AUTH and DISCONNECT may come before CONNACK in MQTT 5.0.
    if (options?.operation !== undefined && open.protocol.writeControl?.(open, data, options))
      return writableCount(open);
    const connection = connectedOf(open);
    if (connection.remaining > 0) writeFragment(connection, data, options);
    else if (!options)
      throw mqttError(INVALID_OPTION, "options are missing, and no message waits for a fragment");
    else if ((options.operation ?? PUBLISH) === PUBLISH) writePublish(connection, data, options);
    else writeControl(connection, options);
    return writableCount(connection);
  }

  /**
   * Extension: prepares messages to one topic with payloads of one length, as sensors have them. What it returns publishes without
   * allocating anything, for as long as this client is connected. May be called before CONNACK.
   *
   * ```ts
   * const publisher = client.prepare({ topic: "home/temp", QoS: 1, payloadByteLength: 4 });
   * publisher.write(reading);
   * ```
   * @throws {MQTTError} INVALID_TOPIC, INVALID_QOS, INVALID_OPTION; INVALID_STATE after `close`
   */
  prepare(options: PrepareOptions): Publisher {
    return new Publisher(openOf(this.#connection), options);
  }

  /**
   * Extension, for layers above: sends a PUBLISH of MQTT 3.1.1 that is encoded already, or the first part of it; the rest follows with `write`.
   * @param bytes - the packet from its first byte on
   * @param byteLength - of the whole packet
   * @param QoS - 0 to 2, as in the packet
   * @param packetIdentifier - as in the packet
   * @returns bytes that may be written now
   */
  send(bytes: Uint8Array, byteLength: number, QoS: number, packetIdentifier: number): number {
    const connection = connectedOf(this.#connection);
    if (connection.remaining > 0) throw mqttError(INVALID_STATE, "a message waits for its next fragment");
    assertWritable(connection, bytes.length);
    if (QoS > 0)
      connection.session.publish(packetIdentifier, QoS, connection.session.isInFlight(packetIdentifier));
    connection.remaining = byteLength - bytes.length;
    transmit(connection, bytes);
    return writableCount(connection);
  }

  /**
   * Extension, for layers above: like `write` of a PUBLISH, with everything encoded already.
   * @param data - the payload, or the first part of it; the rest follows with `write`
   * @param topic - Topic Name, with its two-byte length; must not change while the connection lasts
   * @param byteLength - of the whole payload
   * @param packetIdentifier - ignored at QoS 0
   * @param properties - of `encodeProperties`; without meaning in MQTT 3.1.1
   */
  sendMessage(
    data: Uint8Array,
    topic: Uint8Array,
    byteLength: number,
    QoS: number,
    retain: boolean,
    duplicate: boolean,
    packetIdentifier: number,
    properties: Uint8Array | undefined,
  ): number {
    const connection = connectedOf(this.#connection);
    if (connection.remaining > 0) throw mqttError(INVALID_STATE, "a message waits for its next fragment");
    sendPublish(connection, data, topic, byteLength, QoS, retain, duplicate, packetIdentifier, properties);
    return writableCount(connection);
  }
}

/** More than there are Packet Identifiers. */
const UNLIMITED = 65_536;

function openOf(connection: Connection | undefined): Connection {
  if (!connection) throw mqttError(INVALID_STATE, "the client is closed");
  return connection;
}

function connectedOf(connection: Connection | undefined): Connection {
  if (openOf(connection).state !== CONNECTED) throw mqttError(NOT_CONNECTED, "CONNACK has not been received");
  return connection!;
}
