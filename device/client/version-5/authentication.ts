import { AUTH } from "../../mqtt/control-packet";
import { INVALID_STATE, mqttError, PROTOCOL_ERROR } from "../../mqtt/mqtt-error";
import { AUTHENTICATION_FAILED, ReasonError } from "../../mqtt/version-5/mqtt-error";
import type { PacketReader } from "../../mqtt/version-5/packet-reader";
import { reasonByteLength, writeAuth } from "../../mqtt/version-5/packet-writer";
import { AUTHENTICATION_DATA, AUTHENTICATION_METHOD } from "../../mqtt/version-5/property";
import {
  type BinaryValue,
  encodeProperties,
  type UserProperties,
} from "../../mqtt/version-5/property-writer";
import { CONTINUE_AUTHENTICATION, RE_AUTHENTICATE, SUCCESS } from "../../mqtt/version-5/reason-code";
import type { Connection } from "../connection/connection";
import { CONNECTED, LOGIN } from "../connection/connection-state";
import { notify } from "../connection/control";
import { fail } from "../connection/lifecycle";
import { assertWritable, packetBuffer, transmitBuffer } from "../connection/transmit";
import type { ControlMessage } from "../mqtt-client-options";
import { ASKED, CHALLENGED, IDLE } from "./state";

export function otherMethod(): ReasonError {
  return new ReasonError(
    AUTHENTICATION_FAILED,
    "the broker authenticates by a method that CONNECT did not name",
    0x82,
  );
}

/** AUTH arrived: a step of the exchange that CONNECT or the application began, or the end of the latter. */
export function authenticate(connection: Connection): void {
  const { reasonCode, properties } = connection.reader as PacketReader;
  const { owner, callbacks } = connection;
  const state = connection.version5!;
  // [MQTT-4.12.0-5], [MQTT-4.12.0-6]
  if (properties.get(AUTHENTICATION_METHOD) !== state.method) {
    fail(connection, otherMethod());
    return;
  }
  if (state.authentication !== ASKED || (reasonCode === SUCCESS && connection.state === LOGIN)) {
    fail(connection, mqttError(PROTOCOL_ERROR, "AUTH that nothing has asked for"));
    return;
  }
  if (reasonCode === SUCCESS) {
    state.authentication = IDLE;
    notify(connection, { operation: AUTH, reasonCode, properties } as unknown as ControlMessage);
    return;
  }
  state.authentication = CHALLENGED;
  const answer = callbacks.onAuthenticate!.call(owner, properties.get(AUTHENTICATION_DATA));
  // The callback may have answered already, closed the client, or sent DISCONNECT, which nothing may follow ([MQTT-3.14.4-1]).
  if (answer !== undefined && state.authentication === CHALLENGED && isOpen(connection))
    sendAuth(connection, CONTINUE_AUTHENTICATION, answer);
}

/**
 * Sends AUTH: the answer to the broker's, or the first of a re-authentication (MQTT 5.0 sections 4.12 and 4.12.1). The method is
 * that of CONNECT.
 * @throws {MQTTError} INVALID_STATE when there is no method, or it is not this side's turn ([MQTT-4.12.0-7])
 */
export function sendAuth(
  connection: Connection,
  reasonCode: number,
  authenticationData: BinaryValue | undefined,
  properties?: UserProperties,
): void {
  const state = connection.version5!;
  const { method: authenticationMethod, authentication, limits } = state;
  if (authenticationMethod === undefined)
    throw mqttError(INVALID_STATE, "AUTH needs an authenticationMethod in CONNECT");
  const isTurn = reasonCode === RE_AUTHENTICATE ? authentication === IDLE : authentication === CHALLENGED;
  if (!isTurn) throw mqttError(INVALID_STATE, "AUTH is not due");
  const encoded = encodeProperties(AUTH, { ...properties, authenticationMethod, authenticationData });
  const byteLength = reasonByteLength(reasonCode, encoded, limits.maximumPacketSize);
  assertWritable(connection, byteLength);
  const buffer = packetBuffer(connection, byteLength);
  // Throws where the Reason Code is none: then nothing has changed.
  const end = writeAuth(buffer, 0, reasonCode, encoded, limits.maximumPacketSize);
  state.authentication = ASKED;
  transmitBuffer(connection, buffer, end);
}

/** Before DISCONNECT and before the end: AUTH may be sent. */
function isOpen({ state }: Connection): boolean {
  return state === LOGIN || state === CONNECTED;
}
