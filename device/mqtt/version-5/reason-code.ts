import {
  AUTH,
  CONNACK,
  DISCONNECT,
  PUBACK,
  PUBCOMP,
  PUBREC,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "../control-packet";
import {
  BUFFER_FULL,
  CLIENT_CLOSED,
  IN_FLIGHT_FULL,
  INVALID_TOPIC,
  MALFORMED_PACKET,
  OUTBOX_FULL,
  PACKET_TOO_LARGE as PACKET_OVER_LIMIT,
  PROTOCOL_ERROR as PEER_PROTOCOL_ERROR,
  RESOURCE,
} from "../mqtt-error";
import {
  AUTHENTICATION_FAILED,
  RECEIVE_MAXIMUM_EXCEEDED as OVER_RECEIVE_MAXIMUM,
  PAYLOAD_FORMAT_INVALID as PAYLOAD_NOT_UTF8,
  TOPIC_ALIAS_INVALID as TOPIC_ALIAS_OUT_OF_RANGE,
  TOPIC_ALIASES_FULL,
} from "./mqtt-error";

/** Reason Codes (MQTT 5.0 table 2-6). From 0x80 they tell of failures. */
export const SUCCESS = 0x00;
export const NORMAL_DISCONNECTION = 0x00;
export const GRANTED_QOS_0 = 0x00;
export const GRANTED_QOS_1 = 0x01;
export const GRANTED_QOS_2 = 0x02;
export const DISCONNECT_WITH_WILL_MESSAGE = 0x04;
export const NO_MATCHING_SUBSCRIBERS = 0x10;
export const NO_SUBSCRIPTION_EXISTED = 0x11;
export const CONTINUE_AUTHENTICATION = 0x18;
export const RE_AUTHENTICATE = 0x19;
export const UNSPECIFIED_ERROR = 0x80;
export const MALFORMED = 0x81;
export const PROTOCOL_ERROR = 0x82;
export const IMPLEMENTATION_SPECIFIC_ERROR = 0x83;
export const UNSUPPORTED_PROTOCOL_VERSION = 0x84;
export const CLIENT_IDENTIFIER_NOT_VALID = 0x85;
export const BAD_USER_NAME_OR_PASSWORD = 0x86;
export const NOT_AUTHORIZED = 0x87;
export const SERVER_UNAVAILABLE = 0x88;
export const SERVER_BUSY = 0x89;
export const BANNED = 0x8a;
export const SERVER_SHUTTING_DOWN = 0x8b;
export const BAD_AUTHENTICATION_METHOD = 0x8c;
export const KEEP_ALIVE_TIMEOUT = 0x8d;
export const SESSION_TAKEN_OVER = 0x8e;
export const TOPIC_FILTER_INVALID = 0x8f;
export const TOPIC_NAME_INVALID = 0x90;
export const PACKET_IDENTIFIER_IN_USE = 0x91;
export const PACKET_IDENTIFIER_NOT_FOUND = 0x92;
export const RECEIVE_MAXIMUM_EXCEEDED = 0x93;
export const TOPIC_ALIAS_INVALID = 0x94;
export const PACKET_TOO_LARGE = 0x95;
export const MESSAGE_RATE_TOO_HIGH = 0x96;
export const QUOTA_EXCEEDED = 0x97;
export const ADMINISTRATIVE_ACTION = 0x98;
export const PAYLOAD_FORMAT_INVALID = 0x99;
export const RETAIN_NOT_SUPPORTED = 0x9a;
export const QOS_NOT_SUPPORTED = 0x9b;
export const USE_ANOTHER_SERVER = 0x9c;
export const SERVER_MOVED = 0x9d;
export const SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9e;
export const CONNECTION_RATE_EXCEEDED = 0x9f;
export const MAXIMUM_CONNECT_TIME = 0xa0;
export const SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED = 0xa1;
export const WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xa2;

// Packets that can carry a code, a bit each.
const IN_CONNACK = 1 << CONNACK;
/** PUBACK and PUBREC. */
const IN_RECEIPT = (1 << PUBACK) | (1 << PUBREC);
/** PUBREL and PUBCOMP. */
const IN_RELEASE = (1 << PUBREL) | (1 << PUBCOMP);
const IN_SUBACK = 1 << SUBACK;
const IN_BOTH = IN_SUBACK | (1 << UNSUBACK);
const IN_DISCONNECT = 1 << DISCONNECT;
/** DISCONNECT from a client; CONNECT, whose bit this is, has no Reason Code. */
const FROM_CLIENT = 1 << 1;
const EITHER_WAY = IN_DISCONNECT | FROM_CLIENT;

/** MQTT 5.0 tables 3-1, 3-4 to 3-9 and 3-10: the packets of the codes from 0x80. */
const FAILURES: readonly number[] = Object.freeze([
  IN_CONNACK | IN_RECEIPT | IN_BOTH | EITHER_WAY, // 0x80 Unspecified error
  IN_CONNACK | EITHER_WAY, // 0x81 Malformed Packet
  IN_CONNACK | EITHER_WAY, // 0x82 Protocol Error
  IN_CONNACK | IN_RECEIPT | IN_BOTH | EITHER_WAY, // 0x83 Implementation specific error
  IN_CONNACK, // 0x84 Unsupported Protocol Version
  IN_CONNACK, // 0x85 Client Identifier not valid
  IN_CONNACK, // 0x86 Bad User Name or Password
  IN_CONNACK | IN_RECEIPT | IN_BOTH | IN_DISCONNECT, // 0x87 Not authorized
  IN_CONNACK, // 0x88 Server unavailable
  IN_CONNACK | IN_DISCONNECT, // 0x89 Server busy
  IN_CONNACK, // 0x8a Banned
  IN_DISCONNECT, // 0x8b Server shutting down
  IN_CONNACK, // 0x8c Bad authentication method
  IN_DISCONNECT, // 0x8d Keep Alive timeout
  IN_DISCONNECT, // 0x8e Session taken over
  IN_BOTH | IN_DISCONNECT, // 0x8f Topic Filter invalid
  IN_CONNACK | IN_RECEIPT | EITHER_WAY, // 0x90 Topic Name invalid
  IN_RECEIPT | IN_BOTH, // 0x91 Packet Identifier in use
  IN_RELEASE, // 0x92 Packet Identifier not found
  EITHER_WAY, // 0x93 Receive Maximum exceeded
  EITHER_WAY, // 0x94 Topic Alias invalid
  IN_CONNACK | EITHER_WAY, // 0x95 Packet too large
  EITHER_WAY, // 0x96 Message rate too high
  IN_CONNACK | IN_RECEIPT | IN_SUBACK | EITHER_WAY, // 0x97 Quota exceeded
  EITHER_WAY, // 0x98 Administrative action
  IN_CONNACK | IN_RECEIPT | EITHER_WAY, // 0x99 Payload format invalid
  IN_CONNACK | IN_DISCONNECT, // 0x9a Retain not supported
  IN_CONNACK | IN_DISCONNECT, // 0x9b QoS not supported
  IN_CONNACK | IN_DISCONNECT, // 0x9c Use another server
  IN_CONNACK | IN_DISCONNECT, // 0x9d Server moved
  IN_SUBACK | IN_DISCONNECT, // 0x9e Shared Subscriptions not supported
  IN_CONNACK | IN_DISCONNECT, // 0x9f Connection rate exceeded
  IN_DISCONNECT, // 0xa0 Maximum connect time
  IN_SUBACK | IN_DISCONNECT, // 0xa1 Subscription Identifiers not supported
  IN_SUBACK | IN_DISCONNECT, // 0xa2 Wildcard Subscriptions not supported
]);

/**
 * Whether a server may send the code in this packet.
 * @param packet - CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT or AUTH
 */
export function isServerReasonCode(packet: number, reasonCode: number): boolean {
  if (reasonCode >= UNSPECIFIED_ERROR) return isFailureOf(1 << packet, reasonCode);
  if (packet === AUTH) return reasonCode === SUCCESS || reasonCode === CONTINUE_AUTHENTICATION;
  return reasonCode === SUCCESS || isOtherSuccess(packet, reasonCode);
}

/**
 * Whether a client may send the code in this packet.
 * @param packet - PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT or AUTH
 */
export function isClientReasonCode(packet: number, reasonCode: number): boolean {
  if (packet === AUTH) return reasonCode === CONTINUE_AUTHENTICATION || reasonCode === RE_AUTHENTICATE;
  if (packet === DISCONNECT && reasonCode !== SUCCESS)
    return reasonCode === DISCONNECT_WITH_WILL_MESSAGE || isFailureOf(FROM_CLIENT, reasonCode);
  return isServerReasonCode(packet, reasonCode);
}

/**
 * Why to tell the broker that the connection ends (MQTT 5.0 section 4.13).
 * @param error - code of an MQTTError
 * @returns a Reason Code for `writeDisconnect`; when the error is none of the broker's or of our limits, 0x80
 */
export function disconnectReasonCode(error: number): number {
  switch (error) {
    case CLIENT_CLOSED:
      return NORMAL_DISCONNECTION;
    case MALFORMED_PACKET:
      return MALFORMED;
    case PEER_PROTOCOL_ERROR:
    case AUTHENTICATION_FAILED:
      return PROTOCOL_ERROR;
    case INVALID_TOPIC:
      return TOPIC_NAME_INVALID;
    case PACKET_OVER_LIMIT:
      return PACKET_TOO_LARGE;
    case OVER_RECEIVE_MAXIMUM:
      return RECEIVE_MAXIMUM_EXCEEDED;
    case TOPIC_ALIAS_OUT_OF_RANGE:
      return TOPIC_ALIAS_INVALID;
    case PAYLOAD_NOT_UTF8:
      return PAYLOAD_FORMAT_INVALID;
    case BUFFER_FULL:
    case IN_FLIGHT_FULL:
    case OUTBOX_FULL:
    case TOPIC_ALIASES_FULL:
      return QUOTA_EXCEEDED;
    default:
      return Math.floor(error / 100) === RESOURCE ? IMPLEMENTATION_SPECIFIC_ERROR : UNSPECIFIED_ERROR;
  }
}

function isFailureOf(packets: number, reasonCode: number): boolean {
  const index = reasonCode - UNSPECIFIED_ERROR;
  // Past the table there is undefined, which has no bits.
  return index >= 0 && (FAILURES[index]! & packets) !== 0;
}

/** Codes under 0x80 but 0. */
function isOtherSuccess(packet: number, reasonCode: number): boolean {
  if (packet === SUBACK) return reasonCode <= GRANTED_QOS_2;
  if (packet === UNSUBACK) return reasonCode === NO_SUBSCRIPTION_EXISTED;
  return reasonCode === NO_MATCHING_SUBSCRIBERS && (IN_RECEIPT & (1 << packet)) !== 0;
}
