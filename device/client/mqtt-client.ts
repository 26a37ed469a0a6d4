import {
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
import { MAXIMUM_PACKET_IDENTIFIER, MAXIMUM_REMAINING_LENGTH } from "../mqtt/limits";
import {
  INVALID_OPTION,
  INVALID_PACKET_IDENTIFIER,
  INVALID_QOS,
  INVALID_STATE,
  INVALID_TOPIC,
  mqttError,
  NOT_CONNECTED,
} from "../mqtt/mqtt-error";
import { PacketReader } from "../mqtt/packet-reader";
import type { SubscribeItem } from "../mqtt/packet-writer";
import { Session } from "../mqtt/session";
import { encodeTopicFilter, encodeTopicName } from "../mqtt/topic";
import {
  bytesOf,
  checkOptions,
  connectPacketOf,
  integerIn,
  invalid,
  keepAliveFor,
  timeoutOf,
} from "./connect-options";
import { CLOSED, CONNECTED, Connection } from "./connection";
import { abandon } from "./lifecycle";
import type { ByteBuffer, MQTTClientOptions, WriteItem, WriteOptions } from "./mqtt-client-options";
import { readPayload } from "./receive";
import {
  assertWritable,
  sendAcknowledgement,
  sendFragment,
  sendPublish,
  sendRequest,
  sendShort,
  transmit,
  writableCount,
} from "./transmit";
import { awaitClose, open } from "./transport";

export type {
  ByteBuffer,
  ControlMessage,
  MQTTClientOptions,
  ReadableOptions,
  Will,
  WriteItem,
  WriteOptions,
} from "./mqtt-client-options";

/**
 * One MQTT 3.1.1 connection: the MQTT Client class of ECMA-419 (3rd edition, clause 25), a drop-in for the Moddable SDK's
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

  /** The option `target`; without that option the property is missing. */
  declare target?: unknown;
  #connection: Connection | undefined;

  /**
   * Begins to connect. No callback is called before the constructor has returned.
   * @throws {MQTTError} of family USAGE, before anything is allocated, when an option is none
   */
  constructor(options: MQTTClientOptions) {
    checkOptions(options);
    const {
      onReadable,
      onWritable,
      onControl,
      onClose,
      onError,
      onAcknowledge,
      target,
      clean = true,
    } = options;
    const bufferByteLength = integerIn(options.bufferByteLength ?? 256, 16, 65_536, "bufferByteLength");
    const timeout = timeoutOf(options);
    const connectPacket = connectPacketOf(options);
    const connection = new Connection(
      this,
      { onReadable, onWritable, onControl, onClose, onError, onAcknowledge } as Connection["callbacks"],
      options.session ?? new Session(),
      new PacketReader({ headerByteLength: options.headerByteLength ?? 256 }),
      keepAliveFor(options),
      Boolean(clean),
      bufferByteLength,
    );
    connection.connectPacket = connectPacket;
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
    const connection = connectedOf(this.#connection);
    if (connection.remaining > 0) writeFragment(connection, data, options);
    else if (!options)
      throw mqttError(INVALID_OPTION, "options are missing, and no message waits for a fragment");
    else if ((options.operation ?? PUBLISH) === PUBLISH) writePublish(connection, data, options);
    else writeControl(connection, options);
    return writableCount(connection);
  }

  /**
   * Extension, for layers above: sends a PUBLISH that is encoded already, or the first part of it; the rest follows with `write`.
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
}

function openOf(connection: Connection | undefined): Connection {
  if (!connection) throw mqttError(INVALID_STATE, "the client is closed");
  return connection;
}

function connectedOf(connection: Connection | undefined): Connection {
  if (openOf(connection).state !== CONNECTED) throw mqttError(NOT_CONNECTED, "CONNACK has not been received");
  return connection!;
}

function writeFragment(
  connection: Connection,
  data: ByteBuffer | null | undefined,
  options: WriteOptions | undefined,
): void {
  if (options)
    throw mqttError(
      INVALID_STATE,
      `${connection.remaining} bytes of the current message are still to be written`,
    );
  const bytes = bytesOf(data as ByteBuffer, "data");
  if (bytes.length > connection.remaining)
    invalid(`data of ${bytes.length} bytes: the message has ${connection.remaining} left`);
  assertWritable(connection, bytes.length);
  sendFragment(connection, bytes);
}

function writePublish(
  connection: Connection,
  data: ByteBuffer | null | undefined,
  options: WriteOptions,
): void {
  const { QoS = 0, retain = false, duplicate = false } = options;
  if (QoS !== 0 && QoS !== 1 && QoS !== 2) throw mqttError(INVALID_QOS, `QoS ${QoS} is not 0, 1 or 2`);
  const bytes = bytesOf(data as ByteBuffer, "data");
  const byteLength = integerIn(
    options.byteLength ?? bytes.length,
    bytes.length,
    MAXIMUM_REMAINING_LENGTH,
    "byteLength",
  );
  const topic = topicOf(connection, options.topic);
  const packetIdentifier = QoS === 0 ? 0 : identifierOf(connection, options.id);
  sendPublish(
    connection,
    bytes,
    topic,
    byteLength,
    QoS,
    Boolean(retain),
    Boolean(duplicate),
    packetIdentifier,
  );
}

/** Encodes the topic, unless it is the one of the last PUBLISH. */
function topicOf(connection: Connection, topic: string | undefined): Uint8Array {
  if (topic !== connection.topic || !connection.topicBytes) {
    if (typeof topic !== "string") throw mqttError(INVALID_TOPIC, `topic ${topic} is not a string`);
    connection.topicBytes = encodeTopicName(topic);
    connection.topic = topic;
  }
  return connection.topicBytes;
}

function writeControl(connection: Connection, options: WriteOptions): void {
  const { operation } = options;
  switch (operation) {
    case SUBSCRIBE:
    case UNSUBSCRIBE: {
      const items = itemsOf(options.items, operation);
      sendRequest(connection, operation, identifierOf(connection, options.id), items);
      break;
    }
    case PUBACK:
    case PUBREC:
    case PUBREL:
    case PUBCOMP:
      sendAcknowledgement(connection, operation, identifier(options.id));
      if (operation === PUBREL) connection.session.releaseOutbound(options.id!);
      break;
    case PINGREQ:
      sendShort(connection, PINGREQ);
      break;
    case DISCONNECT:
      sendShort(connection, DISCONNECT);
      awaitClose(connection);
      break;
    default:
      invalid(`operation ${operation} is not one that a client sends`);
  }
}

function itemsOf(items: readonly WriteItem[] | undefined, operation: number): SubscribeItem[] {
  if (!items || items.length === 0) invalid(`operation ${operation} without items`);
  return items!.map(({ topic, QoS = 0 }) => {
    if (QoS !== 0 && QoS !== 1 && QoS !== 2) throw mqttError(INVALID_QOS, `QoS ${QoS} is not 0, 1 or 2`);
    if (typeof topic !== "string") throw mqttError(INVALID_TOPIC, `topic ${topic} is not a string`);
    return { topic: encodeTopicFilter(topic), QoS };
  });
}

function identifierOf(connection: Connection, id: number | undefined): number {
  return id === undefined ? connection.session.nextPacketIdentifier() : identifier(id);
}

function identifier(id: number | undefined): number {
  if (!Number.isInteger(id) || id! < 1 || id! > MAXIMUM_PACKET_IDENTIFIER)
    throw mqttError(INVALID_PACKET_IDENTIFIER, `id ${id} is not 1 to ${MAXIMUM_PACKET_IDENTIFIER}`);
  return id!;
}
