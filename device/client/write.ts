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
} from "../mqtt/control-packet";
import { MAXIMUM_PACKET_IDENTIFIER, MAXIMUM_REMAINING_LENGTH } from "../mqtt/limits";
import {
  INVALID_PACKET_IDENTIFIER,
  INVALID_QOS,
  INVALID_STATE,
  INVALID_TOPIC,
  mqttError,
} from "../mqtt/mqtt-error";
import type { SubscribeItem } from "../mqtt/packet-writer";
import { encodeTopicName } from "../mqtt/topic";
import { bytesOf, integerIn, invalid } from "./connect-options";
import type { Connection } from "./connection";
import { CONNECTED } from "./connection-state";
import type { ByteBuffer, WriteItem, WriteOptions } from "./mqtt-client-options";
import {
  assertWritable,
  sendAcknowledgement,
  sendFragment,
  sendPublish,
  sendRequest,
  sendShort,
  transmit,
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
    connection.state !== CONNECTED ||
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
