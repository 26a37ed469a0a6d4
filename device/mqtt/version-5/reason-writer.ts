import { AUTH, DISCONNECT, PUBREL } from "../control-packet";
import { MAXIMUM_PACKET_BYTE_LENGTH, MAXIMUM_REMAINING_LENGTH } from "../limits";
import { INVALID_LENGTH, INVALID_OPTION, mqttError } from "../mqtt-error";
import { packetByteLength, writeFixedHeader, writeRequestHeader } from "../packet-writer";
import { fittingByteLength, propertiesByteLength, writeProperties } from "./property-writer";
import { isClientReasonCode, SUCCESS } from "./reason-code";

/*
 * Writes the MQTT 5.0 packets that have a Reason Code: see packet-writer.ts, which exports all of this.
 */

/** Packet Identifier of the acknowledgements. */
const IDENTIFIER_BYTE_LENGTH = 2;

/**
 * Bytes of a whole PUBACK, PUBREC, PUBREL or PUBCOMP; see `writeAcknowledgement`.
 */
export function acknowledgementByteLength(
  reasonCode: number = SUCCESS,
  properties?: Uint8Array,
  maximumPacketByteLength: number = MAXIMUM_PACKET_BYTE_LENGTH,
): number {
  const sent = reasonProperties(IDENTIFIER_BYTE_LENGTH, properties, maximumPacketByteLength);
  return packetByteLength(reasonRemainingLength(IDENTIFIER_BYTE_LENGTH, reasonCode, sent));
}

/**
 * Writes a PUBACK, PUBREC, PUBREL or PUBCOMP: four bytes when it has nothing to say but SUCCESS, five with another
 * Reason Code (MQTT 5.0 sections 3.4 to 3.7).
 * @param type - PUBACK, PUBREC, PUBREL or PUBCOMP
 * @param packetIdentifier - of the PUBLISH ([MQTT-2.2.1-5])
 * @param reasonCode - one that the packet can carry; default SUCCESS
 * @param properties - of `encodeProperties(type, ...)`; User Properties, then the Reason String are left out when the
 * packet would be over the limit
 * @param maximumPacketByteLength - Maximum Packet Size of the CONNACK; default no limit
 */
export function writeAcknowledgement(
  buffer: Uint8Array,
  offset: number,
  type: number,
  packetIdentifier: number,
  reasonCode: number = SUCCESS,
  properties?: Uint8Array,
  maximumPacketByteLength: number = MAXIMUM_PACKET_BYTE_LENGTH,
): number {
  // [MQTT-3.6.1-1]: PUBREL has the flags 0010, the others have 0000.
  const first = type === PUBREL ? 0x62 : type << 4;
  const sent = reasonProperties(IDENTIFIER_BYTE_LENGTH, properties, maximumPacketByteLength);
  const remainingLength = reasonRemainingLength(IDENTIFIER_BYTE_LENGTH, reasonCode, sent);
  assertReasonCode(type, reasonCode);
  offset = writeRequestHeader(buffer, offset, first, remainingLength, packetIdentifier);
  return writeReason(buffer, offset, reasonCode, properties, sent);
}

/** Bytes of a whole DISCONNECT or AUTH; see `writeDisconnect`. */
export function reasonByteLength(
  reasonCode: number,
  properties?: Uint8Array,
  maximumPacketByteLength: number = MAXIMUM_PACKET_BYTE_LENGTH,
): number {
  const sent = reasonProperties(0, properties, maximumPacketByteLength);
  return packetByteLength(reasonRemainingLength(0, reasonCode, sent));
}

/**
 * Writes a DISCONNECT: two bytes when normal, three with another Reason Code (MQTT 5.0 section 3.14).
 * @param reasonCode - that a client can send, see `disconnectReasonCode`; default NORMAL_DISCONNECTION
 * @param properties - of `encodeProperties(DISCONNECT, ...)`; see `writeAcknowledgement`
 * @param maximumPacketByteLength - Maximum Packet Size of the CONNACK; default no limit
 */
export function writeDisconnect(
  buffer: Uint8Array,
  offset: number,
  reasonCode: number = SUCCESS,
  properties?: Uint8Array,
  maximumPacketByteLength: number = MAXIMUM_PACKET_BYTE_LENGTH,
): number {
  return writeWithReason(buffer, offset, DISCONNECT, reasonCode, properties, maximumPacketByteLength);
}

/**
 * Writes an AUTH (MQTT 5.0 section 3.15).
 * @param reasonCode - CONTINUE_AUTHENTICATION or RE_AUTHENTICATE
 * @param properties - of `encodeProperties(AUTH, ...)`; see `writeAcknowledgement`
 * @param maximumPacketByteLength - Maximum Packet Size of the CONNACK; default no limit
 */
export function writeAuth(
  buffer: Uint8Array,
  offset: number,
  reasonCode: number,
  properties: Uint8Array,
  maximumPacketByteLength: number = MAXIMUM_PACKET_BYTE_LENGTH,
): number {
  return writeWithReason(buffer, offset, AUTH, reasonCode, properties, maximumPacketByteLength);
}

function writeWithReason(
  buffer: Uint8Array,
  offset: number,
  type: number,
  reasonCode: number,
  properties: Uint8Array | undefined,
  maximumPacketByteLength: number,
): number {
  assertReasonCode(type, reasonCode);
  const sent = reasonProperties(0, properties, maximumPacketByteLength);
  const remainingLength = reasonRemainingLength(0, reasonCode, sent);
  offset = writeFixedHeader(buffer, offset, type << 4, remainingLength, remainingLength);
  return writeReason(buffer, offset, reasonCode, properties, sent);
}

/**
 * How many bytes of the properties go with the packet.
 * @param before - bytes that stand before the Reason Code
 */
function reasonProperties(
  before: number,
  properties: Uint8Array | undefined,
  maximumPacketByteLength: number,
): number {
  if (!properties) return 0;
  let remainingLength = Math.min(maximumPacketByteLength, MAXIMUM_REMAINING_LENGTH);
  while (remainingLength > 0 && packetByteLength(remainingLength) > maximumPacketByteLength)
    remainingLength--;
  const sent = fittingByteLength(properties, remainingLength - before - 1);
  if (sent > 0 && before + 1 + propertiesByteLength(sent) > remainingLength)
    throw mqttError(
      INVALID_LENGTH,
      `${sent} bytes of properties are over the limit of ${maximumPacketByteLength}`,
    );
  return sent;
}

/** MQTT 5.0 sections 3.4.2.1, 3.4.2.2.1 and 3.14.2.1: what is 0 at the end is left out. */
function reasonRemainingLength(before: number, reasonCode: number, sent: number): number {
  if (sent > 0) return before + 1 + propertiesByteLength(sent);
  return reasonCode === SUCCESS ? before : before + 1;
}

function writeReason(
  buffer: Uint8Array,
  offset: number,
  reasonCode: number,
  properties: Uint8Array | undefined,
  sent: number,
): number {
  if (sent === 0 && reasonCode === SUCCESS) return offset;
  buffer[offset++] = reasonCode;
  return sent > 0 ? writeProperties(buffer, offset, properties, sent) : offset;
}

function assertReasonCode(type: number, reasonCode: number): void {
  if (!isClientReasonCode(type, reasonCode))
    throw mqttError(INVALID_OPTION, `Reason Code ${reasonCode} is none of packet type ${type}`);
}
