import {
  AUTH,
  CONNACK,
  CONNECT,
  DISCONNECT,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBACK,
  SUBSCRIBE,
  UNSUBACK,
  UNSUBSCRIBE,
} from "../control-packet";

/** Property identifiers (MQTT 5.0 table 2-4). */
export const PAYLOAD_FORMAT_INDICATOR = 1;
export const MESSAGE_EXPIRY_INTERVAL = 2;
export const CONTENT_TYPE = 3;
export const RESPONSE_TOPIC = 8;
export const CORRELATION_DATA = 9;
export const SUBSCRIPTION_IDENTIFIER = 11;
export const SESSION_EXPIRY_INTERVAL = 17;
export const ASSIGNED_CLIENT_IDENTIFIER = 18;
export const SERVER_KEEP_ALIVE = 19;
export const AUTHENTICATION_METHOD = 21;
export const AUTHENTICATION_DATA = 22;
export const REQUEST_PROBLEM_INFORMATION = 23;
export const WILL_DELAY_INTERVAL = 24;
export const REQUEST_RESPONSE_INFORMATION = 25;
export const RESPONSE_INFORMATION = 26;
export const SERVER_REFERENCE = 28;
export const REASON_STRING = 31;
export const RECEIVE_MAXIMUM = 33;
export const TOPIC_ALIAS_MAXIMUM = 34;
export const TOPIC_ALIAS = 35;
export const MAXIMUM_QOS = 36;
export const RETAIN_AVAILABLE = 37;
export const USER_PROPERTY = 38;
export const MAXIMUM_PACKET_SIZE = 39;
export const WILDCARD_SUBSCRIPTION_AVAILABLE = 40;
export const SUBSCRIPTION_IDENTIFIERS_AVAILABLE = 41;
export const SHARED_SUBSCRIPTION_AVAILABLE = 42;

/** Stands for the Will Properties of a CONNECT where a packet type is asked for. */
export const WILL = 0;

/** Types of values (MQTT 5.0 section 1.5): bits 0 to 2 of a row. */
export const BYTE = 1;
export const TWO_BYTE_INTEGER = 2;
export const FOUR_BYTE_INTEGER = 3;
export const VARIABLE_BYTE_INTEGER = 4;
export const STRING = 5;
export const BINARY = 6;
export const STRING_PAIR = 7;
export const TYPE_MASK = 7;

/** The value is 0 or 1, anything else is a Protocol Error. */
export const IS_FLAG = 8;
/** The value 0 is a Protocol Error. */
export const NOT_ZERO = 16;

/** From here a row has one bit for each packet type that can have the property. */
const PACKETS = 5;
const IN_WILL = 1 << (PACKETS + WILL);
const IN_CONNECT = 1 << (PACKETS + CONNECT);
const IN_CONNACK = 1 << (PACKETS + CONNACK);
const IN_PUBLISH = 1 << (PACKETS + PUBLISH);
const IN_SUBSCRIBE = 1 << (PACKETS + SUBSCRIBE);
const IN_DISCONNECT = 1 << (PACKETS + DISCONNECT);
const IN_AUTH = 1 << (PACKETS + AUTH);
const IN_MESSAGE = IN_PUBLISH | IN_WILL;
const IN_BOTH = IN_CONNECT | IN_CONNACK;
const IN_AUTHENTICATION = IN_BOTH | IN_AUTH;
const IN_ANSWERS =
  (1 << (PACKETS + PUBACK)) |
  (1 << (PACKETS + PUBREC)) |
  (1 << (PACKETS + PUBREL)) |
  (1 << (PACKETS + PUBCOMP)) |
  (1 << (PACKETS + SUBACK)) |
  (1 << (PACKETS + UNSUBACK)) |
  IN_CONNACK |
  IN_DISCONNECT |
  IN_AUTH;
const IN_ALL = IN_ANSWERS | IN_MESSAGE | IN_CONNECT | IN_SUBSCRIBE | (1 << (PACKETS + UNSUBSCRIBE));

/** MQTT 5.0 table 2-4, by identifier: type, range and packets. 0 where there is no property. */
const TABLE: readonly number[] = Object.freeze([
  0,
  BYTE | IS_FLAG | IN_MESSAGE, // 1 Payload Format Indicator
  FOUR_BYTE_INTEGER | IN_MESSAGE, // 2 Message Expiry Interval
  STRING | IN_MESSAGE, // 3 Content Type
  0,
  0,
  0,
  0,
  STRING | IN_MESSAGE, // 8 Response Topic
  BINARY | IN_MESSAGE, // 9 Correlation Data
  0,
  VARIABLE_BYTE_INTEGER | NOT_ZERO | IN_PUBLISH | IN_SUBSCRIBE, // 11 Subscription Identifier
  0,
  0,
  0,
  0,
  0,
  FOUR_BYTE_INTEGER | IN_BOTH | IN_DISCONNECT, // 17 Session Expiry Interval
  STRING | IN_CONNACK, // 18 Assigned Client Identifier
  TWO_BYTE_INTEGER | IN_CONNACK, // 19 Server Keep Alive
  0,
  STRING | IN_AUTHENTICATION, // 21 Authentication Method
  BINARY | IN_AUTHENTICATION, // 22 Authentication Data
  BYTE | IS_FLAG | IN_CONNECT, // 23 Request Problem Information
  FOUR_BYTE_INTEGER | IN_WILL, // 24 Will Delay Interval
  BYTE | IS_FLAG | IN_CONNECT, // 25 Request Response Information
  STRING | IN_CONNACK, // 26 Response Information
  0,
  STRING | IN_CONNACK | IN_DISCONNECT, // 28 Server Reference
  0,
  0,
  STRING | IN_ANSWERS, // 31 Reason String
  0,
  TWO_BYTE_INTEGER | NOT_ZERO | IN_BOTH, // 33 Receive Maximum
  TWO_BYTE_INTEGER | IN_BOTH, // 34 Topic Alias Maximum
  TWO_BYTE_INTEGER | NOT_ZERO | IN_PUBLISH, // 35 Topic Alias
  BYTE | IS_FLAG | IN_CONNACK, // 36 Maximum QoS
  BYTE | IS_FLAG | IN_CONNACK, // 37 Retain Available
  STRING_PAIR | IN_ALL, // 38 User Property
  FOUR_BYTE_INTEGER | NOT_ZERO | IN_BOTH, // 39 Maximum Packet Size
  BYTE | IS_FLAG | IN_CONNACK, // 40 Wildcard Subscription Available
  BYTE | IS_FLAG | IN_CONNACK, // 41 Subscription Identifiers Available
  BYTE | IS_FLAG | IN_CONNACK, // 42 Shared Subscription Available
]);

/** Type and range of a property; 0 when there is none of this identifier. */
export function propertyRow(identifier: number): number {
  return identifier < TABLE.length ? TABLE[identifier]! : 0;
}

/** @param packet - packet type, or WILL */
export function isPropertyOf(identifier: number, packet: number): boolean {
  return ((propertyRow(identifier) >> (PACKETS + packet)) & 1) !== 0;
}

/**
 * Whether a packet may have several of the property. Subscription Identifier: a PUBLISH one of each subscription it
 * matches (MQTT 5.0 section 3.3.2.3.8), a SUBSCRIBE only one.
 */
export function isRepeatable(identifier: number, packet: number): boolean {
  return identifier === USER_PROPERTY || (identifier === SUBSCRIPTION_IDENTIFIER && packet === PUBLISH);
}

/**
 * Where the value that starts at `position` ends.
 * @param type - BYTE to STRING_PAIR
 * @returns 0 when it goes beyond `end`, or is a Variable Byte Integer that is none
 */
export function valueEnd(bytes: Uint8Array, position: number, end: number, type: number): number {
  switch (type) {
    case BYTE:
      position += 1;
      break;
    case TWO_BYTE_INTEGER:
      position += 2;
      break;
    case FOUR_BYTE_INTEGER:
      position += 4;
      break;
    case VARIABLE_BYTE_INTEGER:
      return variableByteIntegerEnd(bytes, position, end);
    case STRING_PAIR:
      position = stringEnd(bytes, stringEnd(bytes, position));
      break;
    default:
      position = stringEnd(bytes, position);
  }
  return position <= end ? position : 0;
}

/** Where a string or binary field ends by its two bytes of length; beyond what there is when they are missing. */
export function stringEnd(bytes: Uint8Array, position: number): number {
  return position + 2 + ((bytes[position]! << 8) | bytes[position + 1]!);
}

/** 0 when it goes beyond `end`, takes over four bytes or more than it needs ([MQTT-1.5.5-1]). */
export function variableByteIntegerEnd(bytes: Uint8Array, position: number, end: number): number {
  for (let count = 0; count < 4 && position < end; count++) {
    const byte = bytes[position++]!;
    if (byte < 0x80) return byte === 0 && count > 0 ? 0 : position;
  }
  return 0;
}

/** The Variable Byte Integer at `position`, whose end has been asked for. */
export function readVariableByteInteger(bytes: Uint8Array, position: number): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[position++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

/** The number at `position`, whose end has been asked for. */
export function readNumber(bytes: Uint8Array, position: number, type: number): number {
  const byte = bytes[position]!;
  if (type === BYTE) return byte;
  if (type === VARIABLE_BYTE_INTEGER) return readVariableByteInteger(bytes, position);
  const high = (byte << 8) | bytes[position + 1]!;
  if (type === TWO_BYTE_INTEGER) return high;
  return ((high << 16) | (bytes[position + 2]! << 8) | bytes[position + 3]!) >>> 0;
}
