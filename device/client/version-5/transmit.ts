import { AUTH, DISCONNECT, PUBACK, PUBCOMP, PUBREC, PUBREL } from "../../mqtt/control-packet";
import {
  IN_FLIGHT_FULL,
  INVALID_OPTION,
  INVALID_STATE,
  type MQTTError,
  mqttError,
  PACKET_TOO_LARGE,
} from "../../mqtt/mqtt-error";
import type { SubscribeItem } from "../../mqtt/packet-writer";
import { NOT_SUPPORTED, ReasonError } from "../../mqtt/version-5/mqtt-error";
import {
  acknowledgementByteLength,
  reasonByteLength,
  publishByteLength as wholePublishByteLength,
  subscribeByteLength as wholeSubscribeByteLength,
  unsubscribeByteLength as wholeUnsubscribeByteLength,
  writeAcknowledgement as writeAcknowledgementPacket,
  writeDisconnect,
  writePublishHeader as writeHeader,
} from "../../mqtt/version-5/packet-writer";
import { SUBSCRIPTION_IDENTIFIER } from "../../mqtt/version-5/property";
import {
  type AuthProperties,
  encodeProperties,
  type SentProperties,
} from "../../mqtt/version-5/property-writer";
import {
  CONTINUE_AUTHENTICATION,
  disconnectReasonCode,
  QOS_NOT_SUPPORTED,
  RE_AUTHENTICATE,
  RETAIN_NOT_SUPPORTED,
  SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
  SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
  UNSPECIFIED_ERROR,
  WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
} from "../../mqtt/version-5/reason-code";
import { isShared } from "../../mqtt/version-5/topic";
import { bytesOf } from "../connection/connect-options";
import type { Connection } from "../connection/connection";
import { CONNECTED, LOGIN } from "../connection/connection-state";
import { assertWritable, packetBuffer, transmitBuffer } from "../connection/transmit";
import { awaitClose } from "../connection/transport";
import { identifier } from "../connection/write";
import type { ByteBuffer, WriteOptions } from "../mqtt-client-options";
import { sendAuth } from "./authentication";
import { CHALLENGED, type ServerLimits, type Version5State } from "./state";

const PLUS = 0x2b;
const NUMBER_SIGN = 0x23;

/** Bytes of a PUBLISH as it will be written: decides on its Topic Alias. */
export function publishByteLength(
  topicByteLength: number,
  payloadByteLength: number,
  QoS: number,
  connection: Connection,
  topic: Uint8Array,
  retain: boolean,
  properties: Uint8Array | undefined,
): number {
  const state = connection.version5!;
  const { limits, aliases, flow } = state;
  assertSupported(limits, QoS, retain);
  // [MQTT-3.3.4-7], [MQTT-4.9.0-2]
  if (QoS > 0 && flow.sendQuota <= 0)
    throw mqttError(IN_FLIGHT_FULL, `the broker's Receive Maximum of ${limits.receiveMaximum} is reached`);
  const propertyByteLength = properties ? properties.length : 0;
  const alias = aliases.find(topic);
  state.alias = alias;
  if (alias > 0) topicByteLength = 2;
  else if (aliases.mayAssign(topic)) state.alias = -1;
  const byteLength = wholePublishByteLength(
    topicByteLength,
    payloadByteLength,
    QoS,
    Math.abs(state.alias),
    propertyByteLength,
  );
  if (byteLength <= limits.maximumPacketSize || alias > 0) return assertSize(byteLength, limits);
  // Without a new alias it may fit.
  state.alias = 0;
  return assertSize(
    wholePublishByteLength(topicByteLength, payloadByteLength, QoS, 0, propertyByteLength),
    limits,
  );
}

/** [MQTT-3.2.2-11], [MQTT-3.2.2-14] */
function assertSupported(limits: ServerLimits, QoS: number, retain: boolean): void {
  if (QoS > limits.maximumQoS)
    throw notSupported(`QoS ${QoS} where the broker takes ${limits.maximumQoS}`, QOS_NOT_SUPPORTED);
  if (retain && !limits.retainAvailable)
    throw notSupported("retain where the broker keeps no messages", RETAIN_NOT_SUPPORTED);
}

function notSupported(detail: string, reasonCode: number): MQTTError {
  return new ReasonError(NOT_SUPPORTED, detail, reasonCode);
}

/** [MQTT-3.2.2-15] */
function assertSize(byteLength: number, limits: ServerLimits): number {
  if (byteLength > limits.maximumPacketSize) throw tooLarge(byteLength, limits);
  return byteLength;
}

export function tooLarge(byteLength: number, limits: ServerLimits): MQTTError {
  return mqttError(
    PACKET_TOO_LARGE,
    `a packet of ${byteLength} bytes, where the broker takes ${limits.maximumPacketSize}`,
  );
}

/** Writes what `publishByteLength` has decided: nothing can keep the packet from being sent any more. */
export function writePublishHeader(
  buffer: Uint8Array,
  offset: number,
  topic: Uint8Array,
  payloadByteLength: number,
  QoS: number,
  retain: boolean,
  duplicate: boolean,
  packetIdentifier: number,
  connection: Connection,
  properties: Uint8Array | undefined,
): number {
  const state = connection.version5!;
  if (QoS > 0) state.flow.sent();
  return writeHeader(
    buffer,
    offset,
    state.alias > 0 ? undefined : topic,
    payloadByteLength,
    QoS,
    retain,
    duplicate,
    packetIdentifier,
    aliasOf(state, topic),
    properties,
  );
}

function aliasOf(state: Version5State, topic: Uint8Array): number {
  return state.alias < 0 ? state.aliases.assign(topic) : state.alias;
}

/** The acknowledgements that this client sends by itself. */
export function writeAcknowledgement(
  buffer: Uint8Array,
  offset: number,
  type: number,
  packetIdentifier: number,
  reasonCode: number,
  connection: Connection,
): number {
  answered(connection, type, reasonCode);
  return writeAcknowledgementPacket(buffer, offset, type, packetIdentifier, reasonCode);
}

/** What ends an inbound exchange makes room for another one. */
function answered(connection: Connection, type: number, reasonCode: number): void {
  if (type === PUBACK || type === PUBCOMP || (type === PUBREC && reasonCode >= UNSPECIFIED_ERROR))
    connection.version5!.flow.answered();
}

export function subscribeByteLength(
  items: readonly SubscribeItem[],
  properties: Uint8Array | undefined,
  connection: Connection,
): number {
  const { limits } = connection.version5!;
  for (let index = 0; index < items.length; index++) {
    const reasonCode = subscriptionRefusal(
      limits,
      items[index]!.topic,
      properties?.indexOf(SUBSCRIPTION_IDENTIFIER) === 0,
    );
    if (reasonCode !== 0)
      throw notSupported("a subscription of a kind that the broker does not have", reasonCode);
  }
  return assertSize(wholeSubscribeByteLength(items, properties), limits);
}

/** Why the broker, by its CONNACK, would refuse a subscription; 0 when it would not. */
export function subscriptionRefusal(limits: ServerLimits, topic: Uint8Array, hasIdentifier: boolean): number {
  if (!limits.sharedSubscriptionAvailable && isShared(topic)) return SHARED_SUBSCRIPTIONS_NOT_SUPPORTED;
  if (!limits.wildcardSubscriptionAvailable && (topic.includes(PLUS, 2) || topic.includes(NUMBER_SIGN, 2)))
    return WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED;
  return hasIdentifier && !limits.subscriptionIdentifiersAvailable
    ? SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED
    : 0;
}

export function unsubscribeByteLength(
  topics: readonly Uint8Array[],
  properties: Uint8Array | undefined,
  connection: Connection,
): number {
  return assertSize(wholeUnsubscribeByteLength(topics, properties), connection.version5!.limits);
}

/** AUTH, DISCONNECT, and acknowledgements of the application: they may have a Reason Code and properties. */
export function writeControl(
  connection: Connection,
  data: ByteBuffer | null | undefined,
  options: WriteOptions,
): boolean {
  const { operation, reasonCode = 0, properties } = options;
  const isAuth = operation === AUTH;
  if (!isAuth && operation !== DISCONNECT && !(operation! >= PUBACK && operation! <= PUBCOMP)) return false;
  // Before CONNACK nothing else may go out ([MQTT-3.1.2-30]), and a fragment is due before anything.
  if (connection.remaining > 0) throw mqttError(INVALID_STATE, "a message waits for its next fragment");
  if (connection.state !== CONNECTED && (connection.state !== LOGIN || operation! <= PUBCOMP)) return false;
  if (isAuth) writeAuthentication(connection, data, options);
  else if (operation === DISCONNECT) disconnect(connection, reasonCode, encoded(DISCONNECT, properties));
  else writeReceipt(connection, operation!, identifier(options.id), options);
  return true;
}

function encoded(
  packet: keyof SentProperties,
  properties: WriteOptions["properties"],
): Uint8Array | undefined {
  if (properties === undefined || properties instanceof Uint8Array) return properties;
  return encodeProperties(packet, properties as SentProperties[typeof packet]);
}

function writeAuthentication(
  connection: Connection,
  data: ByteBuffer | null | undefined,
  options: WriteOptions,
): void {
  const { authentication } = connection.version5!;
  const due = authentication === CHALLENGED ? CONTINUE_AUTHENTICATION : RE_AUTHENTICATE;
  const given = options.properties as Partial<AuthProperties> | undefined;
  const bytes = data === undefined || data === null ? given?.authenticationData : bytesOf(data, "data");
  sendAuth(connection, options.reasonCode ?? due, bytes, given);
}

function writeReceipt(connection: Connection, operation: number, id: number, options: WriteOptions): void {
  const { reasonCode = 0 } = options;
  const { limits, flow } = connection.version5!;
  const properties = encoded(operation as 4, options.properties);
  const byteLength = acknowledgementByteLength(reasonCode, properties, limits.maximumPacketSize);
  assertWritable(connection, byteLength);
  const buffer = packetBuffer(connection, byteLength);
  const end = writeAcknowledgementPacket(
    buffer,
    0,
    operation,
    id,
    reasonCode,
    properties,
    limits.maximumPacketSize,
  );
  if (operation === PUBREL) {
    // Of an exchange of an earlier connection, which counts from now on.
    connection.session.releaseOutbound(id);
    flow.sent();
  } else answered(connection, operation, reasonCode);
  transmitBuffer(connection, buffer, end);
}

/** Sends DISCONNECT. */
function disconnect(connection: Connection, reasonCode: number, properties: Uint8Array | undefined): void {
  const { limits, sessionExpiryInterval } = connection.version5!;
  // MQTT 5.0 section 3.14.2.2.2; the property stands first, see property-writer.ts.
  if (sessionExpiryInterval === 0 && properties && isNonZeroExpiry(properties))
    throw mqttError(INVALID_OPTION, "sessionExpiryInterval, which was 0 in CONNECT");
  const byteLength = reasonByteLength(reasonCode, properties, limits.maximumPacketSize);
  assertWritable(connection, byteLength);
  const buffer = packetBuffer(connection, byteLength);
  const end = writeDisconnect(buffer, 0, reasonCode, properties, limits.maximumPacketSize);
  transmitBuffer(connection, buffer, end);
  awaitClose(connection);
}

const SESSION_EXPIRY_INTERVAL = 17;

function isNonZeroExpiry(properties: Uint8Array): boolean {
  return (
    properties[0] === SESSION_EXPIRY_INTERVAL &&
    (properties[1]! | properties[2]! | properties[3]! | properties[4]!) !== 0
  );
}

/** Tells the broker why this client ends the connection (MQTT 5.0 section 4.13), if a packet can go out at all. */
export function part(connection: Connection, error: MQTTError): void {
  if (connection.remaining > 0) return;
  try {
    disconnect(connection, disconnectReasonCode(error.code), undefined);
  } catch {
    // There is no socket any more, or it is full.
  }
}
