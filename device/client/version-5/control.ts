import {
  AUTH,
  CONNACK,
  DISCONNECT,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBREC,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "../../mqtt/control-packet";
import { mqttError, PROTOCOL_ERROR } from "../../mqtt/mqtt-error";
import { DISCONNECTED, RECEIVE_MAXIMUM_EXCEEDED } from "../../mqtt/version-5/mqtt-error";
import type { PacketReader } from "../../mqtt/version-5/packet-reader";
import { REASON_STRING } from "../../mqtt/version-5/property";
import { PACKET_IDENTIFIER_NOT_FOUND, UNSPECIFIED_ERROR } from "../../mqtt/version-5/reason-code";
import type { Connection } from "../connection/connection";
import { notify } from "../connection/control";
import { fail, finish } from "../connection/lifecycle";
import { acknowledge } from "../connection/transmit";
import type { ControlMessage, ReadableOptions } from "../mqtt-client-options";
import { authenticate } from "./authentication";
import { reasonError } from "./reason";

/** Any packet but PUBLISH after CONNACK. */
export function control(connection: Connection, operation: number, packetIdentifier: number): void {
  const { session } = connection;
  switch (operation) {
    case CONNACK:
      fail(connection, mqttError(PROTOCOL_ERROR, "a second CONNACK")); // [MQTT-3.2.0-2]
      return;
    case DISCONNECT:
      disconnected(connection);
      return;
    case AUTH:
      authenticate(connection);
      return;
    case PUBACK:
    case PUBREC:
    case PUBCOMP:
      acknowledged(connection, operation, packetIdentifier);
      return;
    case PUBREL:
      releaseInbound(connection, packetIdentifier);
      break;
    default:
      session.acknowledge(operation, packetIdentifier);
  }
  tell(connection, operation);
}

/** DISCONNECT arrived: the broker closes, and this client too ([MQTT-4.13.2-1]). */
export function disconnected(connection: Connection): void {
  const reader = connection.reader as PacketReader;
  const { reasonCode, properties } = reader;
  const error = reasonError(DISCONNECTED, "the broker ended the connection", reader);
  notify(connection, { operation: DISCONNECT, reasonCode, properties } as unknown as ControlMessage);
  finish(connection, error);
}

/** A step of an outbound exchange. A Reason Code from 0x80 ends it: what it says is not sent again ([MQTT-4.4.0-2]). */
function acknowledged(connection: Connection, operation: number, packetIdentifier: number): void {
  const { session, callbacks, owner, version5 } = connection;
  const { reasonCode, properties } = connection.reader as PacketReader;
  const failed = reasonCode >= UNSPECIFIED_ERROR;
  const awaited = session.acknowledge(operation, packetIdentifier);
  if (operation === PUBREC) {
    // [MQTT-4.3.3-4]
    if (!failed) acknowledge(connection, PUBREL, packetIdentifier, awaited ? 0 : PACKET_IDENTIFIER_NOT_FOUND);
    else session.forget(packetIdentifier);
  }
  if (awaited && (failed || operation !== PUBREC)) version5!.flow.ended();
  if (callbacks.onAcknowledge)
    callbacks.onAcknowledge.call(
      owner,
      operation,
      packetIdentifier,
      reasonCode,
      failed ? properties.get(REASON_STRING) : undefined,
    );
  else tell(connection, operation);
}

/** PUBREL arrived. Of an exchange that is not known PUBCOMP says so. */
function releaseInbound(connection: Connection, packetIdentifier: number): void {
  const { session } = connection;
  const known = session.isReceived(packetIdentifier);
  session.release(packetIdentifier);
  acknowledge(connection, PUBCOMP, packetIdentifier, known ? 0 : PACKET_IDENTIFIER_NOT_FOUND);
}

/** Calls `onControl`; where there is none no message is made. */
function tell(connection: Connection, operation: number): void {
  if (connection.callbacks.onControl) notify(connection, controlMessage(connection, operation));
}

function controlMessage(connection: Connection, operation: number): ControlMessage {
  const { packetIdentifier: id, reasonCode, returnCodes, properties } = connection.reader as PacketReader;
  if (operation === PINGRESP) return { operation } as unknown as ControlMessage;
  if (operation === SUBACK || operation === UNSUBACK)
    return { operation, id, payload: returnCodes.slice(), properties };
  return { operation, id, reasonCode, properties };
}

/** A PUBLISH header arrived: counts it against the Receive Maximum. */
export function admit(connection: Connection): boolean {
  const { reader, version5 } = connection;
  if (reader.QoS === 0 || version5!.flow.receive()) return true;
  const detail = `more than ${version5!.flow.receiveMaximum} messages at a time`;
  fail(connection, mqttError(RECEIVE_MAXIMUM_EXCEEDED, detail));
  return false;
}

export function describe(connection: Connection, options: ReadableOptions): void {
  const { properties } = connection.reader as PacketReader;
  (options as { properties?: ReadableOptions["properties"] }).properties = properties;
}
