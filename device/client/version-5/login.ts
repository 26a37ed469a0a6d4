import { AUTH, CONNACK, DISCONNECT } from "../../mqtt/control-packet";
import { KeepAlive } from "../../mqtt/keep-alive";
import { CONNECTION_REFUSED, mqttError, PROTOCOL_ERROR } from "../../mqtt/mqtt-error";
import type { PacketReader } from "../../mqtt/version-5/packet-reader";
import {
  ASSIGNED_CLIENT_IDENTIFIER,
  AUTHENTICATION_METHOD,
  MAXIMUM_PACKET_SIZE,
  MAXIMUM_QOS,
  RECEIVE_MAXIMUM,
  RESPONSE_INFORMATION,
  RETAIN_AVAILABLE,
  SERVER_KEEP_ALIVE,
  SESSION_EXPIRY_INTERVAL,
  SHARED_SUBSCRIPTION_AVAILABLE,
  SUBSCRIPTION_IDENTIFIERS_AVAILABLE,
  TOPIC_ALIAS_MAXIMUM,
  WILDCARD_SUBSCRIPTION_AVAILABLE,
} from "../../mqtt/version-5/property";
import type { ReceivedProperties } from "../../mqtt/version-5/property-reader";
import { SUCCESS } from "../../mqtt/version-5/reason-code";
import type { Connection } from "../connection/connection";
import { accept } from "../connection/control";
import { fail, finish } from "../connection/lifecycle";
import type { ControlMessage } from "../mqtt-client-options";
import { authenticate, otherMethod } from "./authentication";
import { disconnected } from "./control";
import { reasonError } from "./reason";
import { DEFAULT_LIMITS, IDLE, type ServerLimits } from "./state";
import { tooLarge } from "./transmit";

/** Bytes of what this client must be able to send: Packet Identifier and Reason Code. */
const LARGEST_ACKNOWLEDGEMENT = 5;

/** Before CONNACK (MQTT 5.0 sections 3.2 and 4.12). */
export function login(connection: Connection): void {
  const { type } = connection.reader;
  if (type === CONNACK) connack(connection);
  else if (type === AUTH) authenticate(connection);
  else if (type === DISCONNECT) disconnected(connection);
  else fail(connection, mqttError(PROTOCOL_ERROR, `packet type ${type} instead of CONNACK`));
}

function connack(connection: Connection): void {
  const reader = connection.reader as PacketReader;
  const state = connection.version5!;
  const { reasonCode, properties } = reader;
  const sessionPresent = reader.sessionPresent;
  if (reasonCode !== SUCCESS) {
    finish(connection, reasonError(CONNECTION_REFUSED, "the broker refused the connection", reader));
    return;
  }
  if (properties.get(AUTHENTICATION_METHOD) !== state.method) {
    fail(connection, otherMethod());
    return;
  }
  // [MQTT-3.2.2-2], [MQTT-3.2.2-4]
  if (sessionPresent && (connection.clean || !state.hasSession)) {
    fail(connection, mqttError(PROTOCOL_ERROR, "a session is present that this client does not have"));
    return;
  }
  const limits = limitsOf(properties, state.sessionExpiryInterval);
  // [MQTT-3.2.2-15]: a broker that does not take an acknowledgement with a Reason Code cannot be talked with.
  if (limits.maximumPacketSize < LARGEST_ACKNOWLEDGEMENT) {
    finish(connection, tooLarge(LARGEST_ACKNOWLEDGEMENT, limits));
    return;
  }
  state.limits = limits;
  state.authentication = IDLE;
  state.flow.begin(limits.receiveMaximum);
  state.aliases.reset(limits.topicAliasMaximum);
  // [MQTT-3.2.2-21]
  const { serverKeepAlive } = limits;
  if (serverKeepAlive !== undefined)
    connection.keepAlive = serverKeepAlive > 0 ? new KeepAlive(serverKeepAlive * 1000) : undefined;
  accept(connection, sessionPresent, {
    operation: CONNACK,
    returnCode: reasonCode,
    reasonCode,
    sessionPresent,
    properties,
  } as unknown as ControlMessage);
}

function limitsOf(properties: ReceivedProperties, sessionExpiryInterval: number): ServerLimits {
  const standard = DEFAULT_LIMITS;
  return {
    receiveMaximum: properties.get(RECEIVE_MAXIMUM) ?? standard.receiveMaximum,
    maximumQoS: properties.get(MAXIMUM_QOS) ?? standard.maximumQoS,
    retainAvailable: properties.get(RETAIN_AVAILABLE) !== 0,
    maximumPacketSize: properties.get(MAXIMUM_PACKET_SIZE) ?? standard.maximumPacketSize,
    topicAliasMaximum: properties.get(TOPIC_ALIAS_MAXIMUM) ?? standard.topicAliasMaximum,
    wildcardSubscriptionAvailable: properties.get(WILDCARD_SUBSCRIPTION_AVAILABLE) !== 0,
    subscriptionIdentifiersAvailable: properties.get(SUBSCRIPTION_IDENTIFIERS_AVAILABLE) !== 0,
    sharedSubscriptionAvailable: properties.get(SHARED_SUBSCRIPTION_AVAILABLE) !== 0,
    sessionExpiryInterval: properties.get(SESSION_EXPIRY_INTERVAL) ?? sessionExpiryInterval,
    serverKeepAlive: properties.get(SERVER_KEEP_ALIVE),
    assignedClientIdentifier: properties.get(ASSIGNED_CLIENT_IDENTIFIER),
    responseInformation: properties.get(RESPONSE_INFORMATION),
  };
}
