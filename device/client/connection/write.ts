import {
  DISCONNECT,
  PINGREQ,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBSCRIBE,
  UNSUBSCRIBE,
} from "../../mqtt/control-packet";
import { MAXIMUM_PACKET_IDENTIFIER, MAXIMUM_REMAINING_LENGTH } from "../../mqtt/limits";
import {
  INVALID_PACKET_IDENTIFIER,
  INVALID_QOS,
  INVALID_STATE,
  INVALID_TOPIC,
  mqttError,
  NOT_CONNECTED,
} from "../../mqtt/mqtt-error";
import {
  assertQoS,
  publishByteLength,
  type SubscribeItem,
  writePublishHeader,
} from "../../mqtt/packet-writer";
import { encodeTopicName } from "../../mqtt/topic";
import type { ByteBuffer, PrepareOptions, WriteItem, WriteOptions } from "../mqtt-client-options";
import { bytesOf, integerIn, invalid } from "./connect-options";
import type { Connection } from "./connection";
import { CLOSED, CONNECTED } from "./connection-state";
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
import { awaitClose } from "./transport";

/*
 * What `MQTTClient.write` does, operation by operation.
 */

/** The next fragment of the message that was begun. */
export function writeFragment(
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

/** A message, or the first fragment of one. */
export function writePublish(
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
  const properties = propertiesOf(connection, PUBLISH, options.properties);
  sendPublish(
    connection,
    bytes,
    topic,
    byteLength,
    QoS,
    Boolean(retain),
    Boolean(duplicate),
    packetIdentifier,
    properties,
  );
}

/**
 * Sends the message of the last call again with another payload, as devices do all day: its packet stands in the shared buffer
 * but for the payload and the Packet Identifier.
 * @returns false when it is another message, or cannot be sent now: then nothing has been done
 */
export function writeAgain(
  connection: Connection,
  data: ByteBuffer | null | undefined,
  options: WriteOptions,
): boolean {
  const { header, packet } = connection;
  if (header === 0 || options.topic !== connection.topic || !(data instanceof Uint8Array)) return false;
  const first = packet![0]!;
  const QoS = (first >> 1) & 3;
  if (
    packet!.length !== header + data.length ||
    (options.QoS ?? 0) !== QoS ||
    !options.retain !== ((first & 1) === 0) ||
    (options.operation ?? options.byteLength ?? options.properties ?? options.id ?? options.duplicate) !==
      undefined ||
    connection.writable < packet!.length
  )
    return false;
  if (QoS > 0) {
    const packetIdentifier = connection.session.publishNext(QoS);
    packet![header - 2] = packetIdentifier >> 8;
    packet![header - 1] = packetIdentifier;
  }
  packet!.set(data, header);
  transmit(connection, packet!);
  return true;
}

/**
 * Publishes to one topic, with payloads of one length: what `MQTTClient.prepare` returns. Its packet is written once; a message is
 * its payload copied into it, and one `write` of the socket: nothing is allocated.
 */
export class Publisher {
  readonly #connection: Connection;
  readonly #topic: Uint8Array;
  readonly #QoS: number;
  readonly #retain: boolean;
  readonly #packet: Uint8Array;
  /** Where the payload begins. */
  readonly #header: number;

  /** Use `MQTTClient.prepare`. */
  constructor(connection: Connection, options: PrepareOptions) {
    const { topic, QoS = 0, retain = false } = options;
    assertQoS(QoS);
    const payloadByteLength = integerIn(
      options.payloadByteLength,
      0,
      MAXIMUM_REMAINING_LENGTH,
      "payloadByteLength",
    );
    if (typeof topic !== "string") throw mqttError(INVALID_TOPIC, `topic ${topic} is not a string`);
    this.#connection = connection;
    this.#topic = encodeTopicName(topic);
    this.#QoS = QoS;
    this.#retain = Boolean(retain);
    this.#packet = new Uint8Array(publishByteLength(this.#topic.length, payloadByteLength, QoS));
    this.#header = writePublishHeader(
      this.#packet,
      0,
      this.#topic,
      payloadByteLength,
      QoS,
      this.#retain,
      false,
      1,
    );
  }

  /**
   * Publishes.
   * @param payload - of exactly `payloadByteLength` bytes
   * @returns bytes that may be written now
   * @throws {MQTTError} as `MQTTClient.write`
   */
  write(payload: Uint8Array): number {
    const connection = this.#connection;
    const packet = this.#packet;
    const header = this.#header;
    if (
      connection.state !== CONNECTED ||
      connection.remaining > 0 ||
      connection.writable < packet.length ||
      !(payload instanceof Uint8Array) ||
      payload.length !== packet.length - header ||
      connection.version5
    )
      return this.#writeOther(connection, payload);
    if (this.#QoS > 0) {
      const packetIdentifier = connection.session.publishNext(this.#QoS);
      packet[header - 2] = packetIdentifier >> 8;
      packet[header - 1] = packetIdentifier;
    }
    packet.set(payload, header);
    transmit(connection, packet);
    return writableCount(connection);
  }

  /** Throws, or sends where the packet of 3.1.1 is not the one to send. */
  #writeOther(connection: Connection, payload: Uint8Array): number {
    const { state, session } = connection;
    const payloadByteLength = this.#packet.length - this.#header;
    const bytes = bytesOf(payload, "payload");
    if (bytes.length !== payloadByteLength)
      invalid(`payload of ${bytes.length} bytes was prepared for ${payloadByteLength}`);
    if (state === CLOSED) throw mqttError(INVALID_STATE, "the client is closed");
    if (state !== CONNECTED) throw mqttError(NOT_CONNECTED, "CONNACK has not been received");
    if (connection.remaining > 0) throw mqttError(INVALID_STATE, "a message waits for its next fragment");
    const packetIdentifier = this.#QoS === 0 ? 0 : session.nextPacketIdentifier();
    sendPublish(
      connection,
      bytes,
      this.#topic,
      payloadByteLength,
      this.#QoS,
      this.#retain,
      false,
      packetIdentifier,
      undefined,
    );
    return writableCount(connection);
  }
}

/** Encodes properties, unless they are that already. */
function propertiesOf(
  connection: Connection,
  packet: number,
  properties: object | undefined,
): Uint8Array | undefined {
  const { encodeProperties } = connection.protocol;
  if (properties === undefined || properties instanceof Uint8Array) return properties;
  return encodeProperties ? encodeProperties(packet, properties) : invalid("properties need MQTT 5.0");
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

/** A control packet. */
export function writeControl(connection: Connection, options: WriteOptions): void {
  const { operation } = options;
  switch (operation) {
    case SUBSCRIBE:
    case UNSUBSCRIBE: {
      const items = itemsOf(connection, options.items, operation);
      const properties = propertiesOf(connection, operation, options.properties);
      sendRequest(connection, operation, identifierOf(connection, options.id), items, properties);
      break;
    }
    case PUBACK:
    case PUBREC:
    case PUBREL:
    case PUBCOMP:
      sendAcknowledgement(connection, operation, identifier(options.id), 0);
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

function itemsOf(
  connection: Connection,
  items: readonly WriteItem[] | undefined,
  operation: number,
): SubscribeItem[] {
  if (!items || items.length === 0) invalid(`operation ${operation} without items`);
  return items!.map((item) => {
    const { topic, QoS = 0 } = item;
    if (QoS !== 0 && QoS !== 1 && QoS !== 2) throw mqttError(INVALID_QOS, `QoS ${QoS} is not 0, 1 or 2`);
    if (typeof topic !== "string") throw mqttError(INVALID_TOPIC, `topic ${topic} is not a string`);
    return { ...item, topic: connection.protocol.encodeTopicFilter(topic), QoS };
  });
}

function identifierOf(connection: Connection, id: number | undefined): number {
  return id === undefined ? connection.session.nextPacketIdentifier() : identifier(id);
}

export function identifier(id: number | undefined): number {
  if (!Number.isInteger(id) || id! < 1 || id! > MAXIMUM_PACKET_IDENTIFIER)
    throw mqttError(INVALID_PACKET_IDENTIFIER, `id ${id} is not 1 to ${MAXIMUM_PACKET_IDENTIFIER}`);
  return id!;
}
