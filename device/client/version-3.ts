import { CONNACK, PINGRESP, PUBACK, PUBCOMP, PUBREC, PUBREL, SUBACK } from "../mqtt/control-packet";
import { CONNECTION_REFUSED, type MQTTError, mqttError, PROTOCOL_ERROR } from "../mqtt/mqtt-error";
import type { PacketReader } from "../mqtt/packet-reader";
import {
  publishByteLength,
  subscribeByteLength,
  unsubscribeByteLength,
  writeAcknowledgement,
  writePublishHeader,
  writeSubscribe,
  writeUnsubscribe,
} from "../mqtt/packet-writer";
import { encodeTopicFilter } from "../mqtt/topic";
import { WholePacketReader } from "../mqtt/whole-packet-reader";
import { connectPacketOf } from "./connection/connect-options";
import type { Connection } from "./connection/connection";
import { accept, notify } from "./connection/control";
import { finish } from "./connection/lifecycle";
import { acknowledge } from "./connection/transmit";
import type MQTTClient from "./mqtt-client";
import type { ControlMessage, MQTTClientOptions } from "./mqtt-client-options";
import type { Protocol } from "./protocol";
import { SELDOM, SOON } from "./reliable/back-off";
import { PIECE_BYTE_LENGTH } from "./reliable/outbox";
import type { ReliableState } from "./reliable/reliable-state";

/** CONNACK return code "server unavailable": the only one that waiting mends by itself (MQTT 3.1.1 table 3.1). */
const SERVER_UNAVAILABLE = 3;

/** MQTT 3.1.1: what the clients speak unless told otherwise. */
export const version3: Protocol = Object.freeze({
  version: 4,
  overhead: 0,
  skippedReasonCode: 0,
  connectPacket: connectPacketOf,
  createReader,
  begin: undefined,
  encodeTopicFilter,
  encodeProperties: undefined,
  publishByteLength,
  writePublishHeader,
  writeAcknowledgement,
  subscribeByteLength,
  writeSubscribe,
  unsubscribeByteLength,
  writeUnsubscribe,
  writeControl: undefined,
  login,
  control,
  admit: undefined,
  describe: undefined,
  part: undefined,
  prospects,
  accepted: undefined,
  refusal: undefined,
  leastByteLength,
  appended: undefined,
  negotiate: undefined,
  checkSubscription: undefined,
  isSameSubscription: undefined,
  refuseSubscriptions: undefined,
  sendRecord,
});

function createReader(options: MQTTClientOptions): PacketReader {
  return new WholePacketReader({ headerByteLength: options.headerByteLength ?? 256 });
}

/** The first packet must be CONNACK ([MQTT-3.2.0-1]). */
function login(connection: Connection): void {
  const { reader } = connection;
  const { returnCode } = reader;
  if (reader.type !== CONNACK)
    finish(connection, mqttError(PROTOCOL_ERROR, `packet type ${reader.type} instead of CONNACK`));
  else if (returnCode !== 0)
    finish(connection, mqttError(CONNECTION_REFUSED, refusal(returnCode), returnCode));
  else {
    // Asked for a clean session there is none, whatever the broker says ([MQTT-3.2.2-1]).
    const sessionPresent = reader.sessionPresent && !connection.clean;
    accept(connection, sessionPresent, {
      operation: CONNACK,
      returnCode,
      sessionPresent,
    } as unknown as ControlMessage);
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
    default:
      session.acknowledge(operation, packetIdentifier);
  }
  const isAcknowledgement = operation === PUBACK || operation === PUBREC || operation === PUBCOMP;
  if (isAcknowledgement && callbacks.onAcknowledge)
    callbacks.onAcknowledge.call(connection.owner, operation, packetIdentifier, 0);
  else notify(connection, controlMessage(connection, operation, packetIdentifier));
}

function controlMessage(connection: Connection, operation: number, id: number): ControlMessage {
  const { reader } = connection;
  if (operation === SUBACK)
    return { operation, id, payload: reader.returnCodes.slice(0, reader.returnCodeCount) };
  return operation === PINGRESP ? ({ operation } as unknown as ControlMessage) : { operation, id };
}

function prospects(error: MQTTError): number {
  return error.code === CONNECTION_REFUSED && error.returnCode !== SERVER_UNAVAILABLE ? SELDOM : SOON;
}

/** All of a short message; of a long one a piece of any size. */
function leastByteLength(state: ReliableState, offset: number): number {
  const { outbox } = state;
  const byteLength = outbox.next(offset) - outbox.packetStart(offset);
  return byteLength <= PIECE_BYTE_LENGTH ? byteLength : 1;
}

/** The outbox keeps packets as 3.1.1 has them. */
function sendRecord(state: ReliableState, client: MQTTClient, offset: number, byteLength: number): number {
  const { outbox } = state;
  const start = outbox.packetStart(offset);
  const count = Math.min(byteLength, client.writable);
  const piece = outbox.bytes.subarray(start, start + count);
  client.send(piece, byteLength, outbox.QoS(offset), outbox.identifier(offset));
  return count;
}
