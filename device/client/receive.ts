import {
  CONNACK,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "../mqtt/control-packet";
import {
  CONNECTION_LOST,
  CONNECTION_REFUSED,
  type MQTTError,
  mqttError,
  PACKET_TOO_LARGE,
  PROTOCOL_ERROR,
} from "../mqtt/mqtt-error";
import { FAILED, PACKET, PAYLOAD, PUBLISH_HEADER, SKIPPED } from "../mqtt/packet-reader";
import { callWritable, startKeepAlive } from "./alive";
import { CONNECTED, type Connection, ENDED, isBlocked, LOGIN } from "./connection";
import { defer, finish, finishLater } from "./lifecycle";
import type { ControlMessage, MQTTClientOptions, ReadableOptions } from "./mqtt-client-options";
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
    while (mayParse(connection) && (connection.position < connection.end || fill(connection)))
      parse(connection);
  } finally {
    connection.receiving = false;
  }
  if (connection.state === ENDED && !isBlocked(connection)) finish(connection, connection.error);
}

function mayParse(connection: Connection): boolean {
  const { state } = connection;
  return (state === CONNECTED || state === LOGIN || state === ENDED) && !isBlocked(connection);
}

/** Moves bytes from the socket to the shared buffer; false when there are none. */
function fill(connection: Connection): boolean {
  const { inbound } = connection;
  const count = Math.min(connection.readable, inbound.length);
  if (count === 0) return false;
  readSocket(connection, count === inbound.length ? inbound : inbound.subarray(0, count));
  connection.position = 0;
  connection.end = connection.socket ? count : 0;
  return connection.socket !== undefined;
}

/** Fills `target`, which is not longer than what the socket holds. */
function readSocket(connection: Connection, target: Uint8Array): void {
  try {
    connection.socket?.read(target);
    connection.readable -= target.length;
  } catch (error) {
    finishLater(connection, mqttError(CONNECTION_LOST, `the socket refused to read: ${error}`));
  }
}

function parse(connection: Connection): void {
  const { reader, position } = connection;
  connection.position = reader.feed(connection.inbound, position, connection.end);
  switch (reader.event) {
    case PACKET:
      if (connection.state === LOGIN) login(connection);
      else control(connection, reader.type, reader.packetIdentifier);
      break;
    case PUBLISH_HEADER:
      beginMessage(connection);
      break;
    case PAYLOAD:
      if (connection.discard) completeMessage(connection);
      else announce(connection, position);
      break;
    case SKIPPED:
      skipped(connection);
      break;
    case FAILED:
      finish(connection, mqttError(reader.error, reader.detail));
  }
}

/** The first packet must be CONNACK ([MQTT-3.2.0-1]). */
function login(connection: Connection): void {
  const { reader, session, callbacks } = connection;
  const { returnCode } = reader;
  if (reader.type !== CONNACK)
    finish(connection, mqttError(PROTOCOL_ERROR, `packet type ${reader.type} instead of CONNACK`));
  else if (returnCode !== 0)
    finish(connection, mqttError(CONNECTION_REFUSED, refusal(returnCode), returnCode));
  else {
    // Asked for a clean session there is none, whatever the broker says ([MQTT-3.2.2-1]).
    const sessionPresent = reader.sessionPresent && !connection.clean;
    session.resume(sessionPresent);
    connection.state = CONNECTED;
    startKeepAlive(connection);
    if (callbacks.onControl)
      notify(connection, { operation: CONNACK, returnCode, sessionPresent } as unknown as ControlMessage);
    callWritable(connection);
  }
}

/** MQTT 3.1.1 table 3.1. */
function refusal(returnCode: number): string {
  let reason = "not authorized";
  if (returnCode === 1) reason = "unacceptable protocol version";
  else if (returnCode === 2) reason = "identifier rejected";
  else if (returnCode === 3) reason = "server unavailable";
  else if (returnCode === 4) reason = "bad user name or password";
  return `the broker refused the connection with return code ${returnCode}, ${reason}`;
}

/** Any other packet but PUBLISH. */
function control(connection: Connection, operation: number, packetIdentifier: number): void {
  const { session, callbacks } = connection;
  switch (operation) {
    case CONNACK:
      finish(connection, mqttError(PROTOCOL_ERROR, "a second CONNACK"));
      return;
    case PUBREL:
      session.release(packetIdentifier);
      acknowledge(connection, PUBCOMP, packetIdentifier);
      break;
    case PUBREC:
      // Also to an identifier that is not known: the broker waits for it.
      session.acknowledge(operation, packetIdentifier);
      acknowledge(connection, PUBREL, packetIdentifier);
      break;
    case PINGRESP:
      break;
    default:
      session.acknowledge(operation, packetIdentifier);
  }
  const isAcknowledgement = operation === PUBACK || operation === PUBREC || operation === PUBCOMP;
  if (isAcknowledgement && callbacks.onAcknowledge)
    callbacks.onAcknowledge.call(connection.owner, operation, packetIdentifier);
  else if (callbacks.onControl) notify(connection, controlMessage(connection, operation, packetIdentifier));
}

function controlMessage(connection: Connection, operation: number, id: number): ControlMessage {
  const { reader } = connection;
  if (operation === SUBACK)
    return { operation, id, payload: reader.returnCodes.slice(0, reader.returnCodeCount) };
  return operation === PINGRESP ? ({ operation } as unknown as ControlMessage) : { operation, id };
}

function notify(connection: Connection, message: ControlMessage): void {
  const { owner } = connection;
  const onControl = connection.callbacks.onControl as NonNullable<MQTTClientOptions["onControl"]>;
  if (onControl.length === 1) (onControl as (message: ControlMessage) => void).call(owner, message);
  else onControl.call(owner, message.operation as never, message);
}

/** A PUBLISH header is complete. */
function beginMessage(connection: Connection): void {
  const { reader, callbacks, session } = connection;
  if (connection.state === LOGIN) {
    finish(connection, mqttError(PROTOCOL_ERROR, "PUBLISH instead of CONNACK"));
    return;
  }
  connection.first = true;
  connection.discard =
    !callbacks.onReadable || (reader.QoS === 2 && session.isReceived(reader.packetIdentifier));
  if (reader.payloadByteLength > 0) return;
  connection.isEmpty = true;
  if (!connection.discard) callReadable(connection, 0, false);
  connection.isEmpty = false;
  completeMessage(connection);
}

/** Tells the application of payload: what stands in the buffer from `start`, and what of it the socket holds. */
function announce(connection: Connection, start: number): void {
  const { reader } = connection;
  const inSocket = Math.min(reader.payloadRemaining, connection.readable);
  connection.payloadStart = start;
  connection.payloadEnd = connection.position;
  connection.available = connection.payloadEnd - start + inSocket;
  callReadable(connection, connection.available, reader.payloadRemaining > inSocket);
  if (connection.available === 0) completeMessage(connection);
}

function callReadable(connection: Connection, count: number, more: boolean): void {
  const { reader, owner } = connection;
  let options = more ? MORE : LAST;
  if (connection.first) {
    connection.first = false;
    options = {
      more,
      topic: reader.topic,
      QoS: reader.QoS,
      byteLength: reader.payloadByteLength,
      retain: reader.retain,
      duplicate: reader.duplicate,
    };
  }
  connection.callbacks.onReadable?.call(owner, count, options);
}

/**
 * Copies announced payload to `target`, as much as there is and as fits.
 * @returns bytes copied
 */
export function readPayload(connection: Connection, target: Uint8Array): number {
  const count = Math.min(target.length, connection.available);
  const { payloadStart: start, payloadEnd: end, inbound, reader } = connection;
  const buffered = Math.min(count, end - start);
  if (buffered > 0) {
    target.set(buffered === inbound.length ? inbound : inbound.subarray(start, start + buffered));
    connection.payloadStart = start + buffered;
  }
  if (count > buffered) {
    readSocket(connection, target.subarray(buffered, count));
    if (!connection.socket) return buffered;
    reader.takePayload(count - buffered);
  }
  connection.available -= count;
  // Inside onReadable both is done when it has returned: only then the application is through with the message.
  if (count > 0 && connection.available === 0 && !connection.receiving) {
    completeMessage(connection);
    defer(connection, receive);
  }
  return count;
}

/** All of a message is consumed: only now it is acknowledged ([MQTT-4.3.2-2], [MQTT-4.3.3-2]). */
function completeMessage(connection: Connection): void {
  const { reader } = connection;
  if (reader.payloadRemaining === 0) acknowledgeMessage(connection, reader.QoS, reader.packetIdentifier);
}

function acknowledgeMessage(connection: Connection, QoS: number, packetIdentifier: number): void {
  if (QoS === 1) acknowledge(connection, PUBACK, packetIdentifier);
  if (QoS !== 2) return;
  try {
    connection.session.receive(packetIdentifier);
  } catch (error) {
    finishLater(connection, error as MQTTError);
    return;
  }
  acknowledge(connection, PUBREC, packetIdentifier);
}

/** A packet over a limit went by. It is acknowledged, or the broker would send it for ever. */
function skipped(connection: Connection): void {
  const { reader, session, callbacks, owner } = connection;
  const { type, packetIdentifier, packetByteLength } = reader;
  if (connection.state === LOGIN) {
    finish(connection, mqttError(PROTOCOL_ERROR, `packet type ${type} instead of CONNACK`));
    return;
  }
  if (packetIdentifier > 0) {
    if (type === PUBLISH) acknowledgeMessage(connection, reader.QoS, packetIdentifier);
    else if (type === SUBACK || type === UNSUBACK) session.acknowledge(type, packetIdentifier);
  }
  const detail = `a packet of ${packetByteLength} bytes, type ${type}, was over a limit and skipped`;
  callbacks.onError?.call(owner, mqttError(PACKET_TOO_LARGE, detail));
}
