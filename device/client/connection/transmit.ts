import { PINGREQ, SUBSCRIBE } from "../../mqtt/control-packet";
import { BUFFER_FULL, CONNECTION_LOST, mqttError } from "../../mqtt/mqtt-error";
import { type SubscribeItem, writeDisconnect, writePingRequest } from "../../mqtt/packet-writer";
import type { Connection } from "./connection";
import { CONNECTED } from "./connection-state";
import { finishLater } from "./lifecycle";

/** Bytes of the socket's buffer that applications are not told of: room for an acknowledgement, a ping, a DISCONNECT. */
const RESERVE = 8;
const ACKNOWLEDGEMENT_BYTE_LENGTH = 4;

/** What the application may write now, in bytes. */
export function writableCount(connection: Connection): number {
  return connection.writable > RESERVE ? connection.writable - RESERVE : 0;
}

/** @throws {MQTTError} BUFFER_FULL when the socket does not take so many bytes now */
export function assertWritable(connection: Connection, byteLength: number): void {
  if (byteLength > connection.writable)
    throw mqttError(
      BUFFER_FULL,
      `${byteLength} bytes do not fit the socket, which takes ${connection.writable}`,
    );
}

/** Hands bytes to the socket with one `write`. The caller has seen that they fit. */
export function transmit(connection: Connection, bytes: Uint8Array): void {
  let free: unknown;
  try {
    free = connection.socket!.write(bytes);
  } catch (error) {
    finishLater(connection, mqttError(CONNECTION_LOST, `the socket refused to write: ${error}`));
    return;
  }
  if (typeof free === "number") connection.writable = free;
  else connection.writable = Math.max(0, connection.writable - bytes.byteLength);
  connection.keepAlive?.sent();
}

/** The shared buffer when it takes `byteLength` bytes, else one made for this packet. */
export function packetBuffer(connection: Connection, byteLength: number): Uint8Array {
  connection.header = 0;
  return byteLength <= connection.outbound.length ? connection.outbound : new Uint8Array(byteLength);
}

/** Sends the first `end` bytes of the buffer that `packetBuffer` gave. */
export function transmitBuffer(connection: Connection, buffer: Uint8Array, end: number): void {
  let { packet } = connection;
  if (buffer !== connection.outbound) packet = buffer;
  else if (packet?.length !== end) {
    packet = end === buffer.length ? buffer : buffer.subarray(0, end);
    connection.packet = packet;
  }
  transmit(connection, packet!);
}

/**
 * Sends a PUBLISH, or the first fragment of one: one `write` when header and data fit the shared buffer, else one for
 * the buffer and one for the rest of the data.
 * @param topic - Topic Name, prefixed
 * @param byteLength - of the whole payload, at least that of `data`
 */
export function sendPublish(
  connection: Connection,
  data: Uint8Array,
  topic: Uint8Array,
  byteLength: number,
  QoS: number,
  retain: boolean,
  duplicate: boolean,
  packetIdentifier: number,
  properties: Uint8Array | undefined,
): void {
  const { protocol } = connection;
  const packetByteLength = protocol.publishByteLength(
    topic.length,
    byteLength,
    QoS,
    connection,
    topic,
    retain,
    properties,
  );
  const headerByteLength = packetByteLength - byteLength;
  assertWritable(connection, headerByteLength + data.length);
  if (QoS > 0) connection.session.publish(packetIdentifier, QoS, duplicate);
  const buffer = packetBuffer(connection, headerByteLength);
  const start = protocol.writePublishHeader(
    buffer,
    0,
    topic,
    byteLength,
    QoS,
    retain,
    duplicate,
    packetIdentifier,
    connection,
    properties,
  );
  const room = buffer.length - start;
  connection.remaining = byteLength - data.length;
  if (data.length <= room) {
    buffer.set(data, start);
    // Only in the shared buffer, of the topic that `connection.topic` names, complete, and without DUP.
    if (
      buffer === connection.outbound &&
      topic === connection.topicBytes &&
      connection.remaining === 0 &&
      !duplicate &&
      protocol.version === 4
    )
      connection.header = start;
    transmitBuffer(connection, buffer, start + data.length);
  } else {
    buffer.set(data.subarray(0, room), start);
    transmit(connection, buffer);
    transmit(connection, data.subarray(room));
  }
}

/** Sends a further fragment of the PUBLISH that was begun, and what had to wait for its end. */
export function sendFragment(connection: Connection, data: Uint8Array): void {
  connection.remaining -= data.length;
  if (data.length > 0) transmit(connection, data);
  flushPending(connection);
}

/** Sends SUBSCRIBE or UNSUBSCRIBE. */
export function sendRequest(
  connection: Connection,
  operation: number,
  packetIdentifier: number,
  items: readonly SubscribeItem[],
  properties: Uint8Array | undefined,
): void {
  const { protocol } = connection;
  const topics = operation === SUBSCRIBE ? undefined : items.map((item) => item.topic);
  const byteLength = topics
    ? protocol.unsubscribeByteLength(topics, properties, connection)
    : protocol.subscribeByteLength(items, properties, connection);
  assertWritable(connection, byteLength);
  connection.session.request(packetIdentifier, operation);
  const buffer = packetBuffer(connection, byteLength);
  const end = topics
    ? protocol.writeUnsubscribe(buffer, 0, packetIdentifier, topics, properties)
    : protocol.writeSubscribe(buffer, 0, packetIdentifier, items, properties);
  transmitBuffer(connection, buffer, end);
}

/** Sends PINGREQ or DISCONNECT. */
export function sendShort(connection: Connection, operation: number): void {
  assertWritable(connection, 2);
  const buffer = packetBuffer(connection, 2);
  transmitBuffer(
    connection,
    buffer,
    operation === PINGREQ ? writePingRequest(buffer, 0) : writeDisconnect(buffer, 0),
  );
}

/** Sends PUBACK, PUBREC, PUBREL or PUBCOMP now. */
export function sendAcknowledgement(
  connection: Connection,
  operation: number,
  packetIdentifier: number,
  reasonCode: number,
): void {
  const byteLength = acknowledgementByteLength(reasonCode);
  assertWritable(connection, byteLength);
  const buffer = packetBuffer(connection, byteLength);
  const { protocol } = connection;
  protocol.writeAcknowledgement(buffer, 0, operation, packetIdentifier, reasonCode, connection);
  transmitBuffer(connection, buffer, byteLength);
}

function acknowledgementByteLength(reasonCode: number): number {
  return reasonCode === 0 ? ACKNOWLEDGEMENT_BYTE_LENGTH : ACKNOWLEDGEMENT_BYTE_LENGTH + 1;
}

/** Sends an acknowledgement, or keeps it until the socket takes it and no PUBLISH is under way. */
export function acknowledge(
  connection: Connection,
  operation: number,
  packetIdentifier: number,
  reasonCode: number = 0,
): void {
  const { pending, remaining, writable } = connection;
  if (connection.state !== CONNECTED) return;
  if (pending?.length || remaining > 0 || writable < acknowledgementByteLength(reasonCode)) {
    connection.pending ??= [];
    connection.pending.push((reasonCode << 20) | (operation << 16) | packetIdentifier);
  } else sendAcknowledgement(connection, operation, packetIdentifier, reasonCode);
}

/** Sends PINGREQ as soon as the socket takes it. */
export function ping(connection: Connection): void {
  connection.pingPending = true;
  flushPending(connection);
}

/** Sends what waits, in order, as far as the socket takes it. */
export function flushPending(connection: Connection): void {
  const { pending } = connection;
  if (connection.state !== CONNECTED || connection.remaining > 0) return;
  while (pending?.length && connection.writable >= acknowledgementByteLength(pending[0]! >> 20)) {
    const entry = pending.shift()!;
    sendAcknowledgement(connection, (entry >> 16) & 15, entry & 0xffff, entry >> 20);
  }
  if (connection.pingPending && !pending?.length && connection.writable >= 2) {
    connection.pingPending = false;
    sendShort(connection, PINGREQ);
  }
}
