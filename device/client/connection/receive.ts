import { PUBACK, PUBLISH, PUBREC, SUBACK, UNSUBACK } from "../../mqtt/control-packet";
import {
  CONNECTION_LOST,
  type MQTTError,
  mqttError,
  PACKET_TOO_LARGE,
  PROTOCOL_ERROR,
} from "../../mqtt/mqtt-error";
import {
  FAILED,
  FIXED_HEADER,
  PACKET,
  PAYLOAD,
  type PacketReader,
  PUBLISH_HEADER,
  SKIPPED,
} from "../../mqtt/packet-reader";
import type { ReadableOptions } from "../mqtt-client-options";
import { type Connection, isBlocked } from "./connection";
import { CONNECTED, ENDED, LOGIN } from "./connection-state";
import { defer, fail, failLater, finish, finishLater } from "./lifecycle";
import { acknowledge } from "./transmit";

const MORE: ReadableOptions = Object.freeze({ more: true });
const LAST: ReadableOptions = Object.freeze({ more: false });

/**
 * Reads and acts on what the socket holds, until nothing is left or the application has payload to read. Called again
 * from inside a callback it returns at once: the call further up the stack goes on.
 */
export function receive(connection: Connection): void {
  if (connection.receiving) return;
  connection.receiving = true;
  try {
    while ((connection.position < connection.end || connection.readable > 0) && mayParse(connection)) {
      if (connection.position >= connection.end) fill(connection);
      parse(connection);
    }
  } finally {
    connection.receiving = false;
  }
  if (connection.state === ENDED && !isBlocked(connection)) finish(connection, connection.error);
}

function mayParse(connection: Connection): boolean {
  const { state } = connection;
  if (state === CONNECTED && !connection.pending) return connection.available === 0;
  return (state === CONNECTED || state === LOGIN || state === ENDED) && !isBlocked(connection);
}

/** Moves bytes from the socket, which has some, to the shared buffer; none when the socket fails. */
function fill(connection: Connection): void {
  const { inbound } = connection;
  let count = connection.readable;
  if (count < inbound.length) readSocket(connection, inbound.subarray(0, count));
  else {
    count = inbound.length;
    readSocket(connection, inbound);
  }
  connection.position = 0;
  connection.end = connection.socket ? count : 0;
}

/** Fills `target`, which is not longer than what the socket holds. */
function readSocket(connection: Connection, target: Uint8Array): void {
  try {
    connection.socket!.read(target);
    connection.readable -= target.length;
  } catch (error) {
    finishLater(connection, mqttError(CONNECTION_LOST, `the socket refused to read: ${error}`));
  }
}

function parse(connection: Connection): void {
  const { reader, position } = connection;
  connection.position = reader.feed(connection.inbound, position, connection.end);
  switch (reader.event) {
    case PUBLISH_HEADER:
      beginMessage(connection);
      break;
    case PACKET:
      if (connection.state === LOGIN) connection.protocol.login(connection);
      else connection.protocol.control(connection, reader.type, reader.packetIdentifier);
      break;
    case PAYLOAD:
      announce(connection, position, reader.payloadRemaining);
      break;
    case SKIPPED:
      skipped(connection);
      break;
    case FAILED:
      fail(connection, mqttError(reader.error, reader.detail));
  }
}

/** A PUBLISH header is complete. */
function beginMessage(connection: Connection): void {
  const { reader, callbacks, protocol, position } = connection;
  if (connection.state === LOGIN) {
    fail(connection, mqttError(PROTOCOL_ERROR, "PUBLISH instead of CONNACK"));
    return;
  }
  if (protocol.admit && !protocol.admit(connection)) return;
  connection.first = true;
  connection.discard =
    !callbacks.onReadable || (reader.QoS === 2 && connection.session.isReceived(reader.packetIdentifier));
  const { payloadRemaining } = reader;
  if (payloadRemaining > 0) {
    // What stands in the buffer needs no turn of the reader.
    const { end } = connection;
    const count = Math.min(payloadRemaining, end - position);
    if (count === 0) return;
    connection.position = position + count;
    take(reader, count);
    announce(connection, position, payloadRemaining - count);
    return;
  }
  if (!connection.discard) {
    connection.isEmpty = true;
    callReadable(connection, 0, false);
    connection.isEmpty = false;
  }
  completeMessage(connection);
}

/** As `takePayload` of the reader, which need not check what stands in the buffer: `count` is 1 to `payloadRemaining`. */
function take(reader: PacketReader, count: number): void {
  reader.position += count;
  reader.unread -= count;
  if (reader.unread === 0) reader.state = FIXED_HEADER;
}

/** Tells the application of payload: what stands in the buffer from `start`, and what of the rest the socket holds. */
function announce(connection: Connection, start: number, rest: number): void {
  if (connection.discard) {
    completeMessage(connection);
    return;
  }
  const { position, readable } = connection;
  connection.payloadStart = start;
  connection.payloadEnd = position;
  const inSocket = Math.min(rest, readable);
  const available = position - start + inSocket;
  connection.available = available;
  callReadable(connection, available, rest > inSocket);
  if (connection.available === 0) completeMessage(connection);
}

function callReadable(connection: Connection, count: number, more: boolean): void {
  const { reader, owner } = connection;
  let options = more ? MORE : LAST;
  if (connection.first) {
    const { first } = reader;
    connection.first = false;
    options = {
      more,
      topic: reader.topic,
      QoS: (first >> 1) & 3,
      byteLength: reader.payloadByteLength,
      retain: (first & 1) !== 0,
      duplicate: (first & 8) !== 0,
    };
    connection.protocol.describe?.(connection, options);
  }
  connection.callbacks.onReadable!.call(owner, count, options);
}

/**
 * Copies announced payload to `target`, as much as there is and as fits.
 * @returns bytes copied
 */
export function readPayload(connection: Connection, target: Uint8Array): number {
  const { payloadStart: start, inbound, available } = connection;
  const count = Math.min(target.length, available);
  const inBuffer = connection.payloadEnd - start;
  const buffered = Math.min(count, inBuffer);
  if (buffered > 0) {
    target.set(buffered === inbound.length ? inbound : inbound.subarray(start, start + buffered));
    connection.payloadStart = start + buffered;
  }
  if (count > buffered) {
    readSocket(connection, target.subarray(buffered, count));
    if (!connection.socket) return buffered;
    connection.reader.takePayload(count - buffered);
  }
  connection.available = available - count;
  // Inside onReadable both is done when it has returned: only then the application is through with the message.
  if (!connection.receiving && count === available) {
    completeMessage(connection);
    defer(connection, receive);
  }
  return count;
}

/** All of a message is consumed: only now it is acknowledged ([MQTT-4.3.2-2], [MQTT-4.3.3-2]). */
function completeMessage(connection: Connection): void {
  const { reader } = connection;
  const { QoS } = reader;
  if (QoS > 0 && reader.payloadRemaining === 0)
    acknowledgeMessage(connection, QoS, reader.packetIdentifier, 0);
}

/** @param reasonCode - 0, or one from 0x80: the message is refused, and its identifier free again ([MQTT-4.3.3-9]) */
function acknowledgeMessage(
  connection: Connection,
  QoS: number,
  packetIdentifier: number,
  reasonCode: number,
): void {
  if (QoS === 1) {
    acknowledge(connection, PUBACK, packetIdentifier, reasonCode);
    return;
  }
  if (reasonCode > 0) {
    acknowledge(connection, PUBREC, packetIdentifier, reasonCode);
    return;
  }
  try {
    connection.session.receive(packetIdentifier);
  } catch (error) {
    failLater(connection, error as MQTTError);
    return;
  }
  acknowledge(connection, PUBREC, packetIdentifier);
}

/**
 * A packet over a limit went by. It is acknowledged, or the broker would send it for ever; of others than PUBLISH what is
 * too long is said for people, and what it does is known.
 */
function skipped(connection: Connection): void {
  const { reader, session, callbacks, owner, protocol } = connection;
  const { type, QoS, packetIdentifier, packetByteLength } = reader;
  if (connection.state === LOGIN) {
    fail(connection, mqttError(PROTOCOL_ERROR, `packet type ${type} instead of CONNACK`));
    return;
  }
  // Before the answer, which a socket that has died refuses to take: that error comes last.
  const detail = `a packet of ${packetByteLength} bytes, type ${type}, was over a limit and skipped`;
  callbacks.onError?.call(owner, mqttError(PACKET_TOO_LARGE, detail));
  if (connection.state !== CONNECTED && connection.state !== ENDED) return;
  if (type === SUBACK || type === UNSUBACK) session.acknowledge(type, packetIdentifier);
  else if (type !== PUBLISH) protocol.control(connection, type, packetIdentifier);
  else if (QoS > 0 && (!protocol.admit || protocol.admit(connection)))
    acknowledgeMessage(connection, QoS, packetIdentifier, protocol.skippedReasonCode);
}
