import { AUTH, DISCONNECT } from "../control-packet";
import { MALFORMED_PACKET, PROTOCOL_ERROR } from "../mqtt-error";
import { isTopicName } from "../topic";
import { decodeString, isValidUTF8 } from "../utf8-string";
import { TOPIC_ALIAS_INVALID } from "./mqtt-error";
import {
  AUTHENTICATION_DATA,
  AUTHENTICATION_METHOD,
  BINARY,
  IS_FLAG,
  isPropertyOf,
  isRepeatable,
  NOT_ZERO,
  propertyRow,
  RESPONSE_TOPIC,
  readNumber,
  SESSION_EXPIRY_INTERVAL,
  STRING,
  STRING_PAIR,
  stringEnd,
  TOPIC_ALIAS,
  TYPE_MASK,
  USER_PROPERTY,
  valueEnd,
} from "./property";

/** What `get` returns, by identifier. USER_PROPERTY is not among them: there can be many, see `find`. */
export interface ReceivedPropertyTypes {
  /** Payload Format Indicator: 0 bytes, 1 UTF-8. */
  1: number;
  /** Message Expiry Interval, seconds. */
  2: number;
  /** Content Type. */
  3: string;
  /** Response Topic, a Topic Name. */
  8: string;
  /** Correlation Data. */
  9: Uint8Array;
  /** Subscription Identifier, 1 to 268,435,455: the first; see `find` for the others. */
  11: number;
  /** Session Expiry Interval, seconds. */
  17: number;
  /** Assigned Client Identifier. */
  18: string;
  /** Server Keep Alive, seconds. */
  19: number;
  /** Authentication Method. */
  21: string;
  /** Authentication Data. */
  22: Uint8Array;
  /** Response Information. */
  26: string;
  /** Server Reference. */
  28: string;
  /** Reason String: for people, not to be parsed. */
  31: string;
  /** Receive Maximum, 1 to 65,535. */
  33: number;
  /** Topic Alias Maximum. */
  34: number;
  /** Topic Alias, 1 to 65,535. */
  35: number;
  /** Maximum QoS, 0 or 1. */
  36: number;
  /** Retain Available, 0 or 1. */
  37: number;
  /** Maximum Packet Size in bytes, over 0. */
  39: number;
  /** Wildcard Subscription Available, 0 or 1. */
  40: number;
  /** Subscription Identifiers Available, 0 or 1. */
  41: number;
  /** Shared Subscription Available, 0 or 1. */
  42: number;
}

/**
 * The properties of the packet that a reader has read: a view of the reader's bytes, checked before anybody sees it and
 * decoded when asked for; valid until the next packet begins. Keep what you need.
 *
 * ```ts
 * const seconds = properties.get(SERVER_KEEP_ALIVE) ?? ours;
 * for (let at = properties.find(USER_PROPERTY); at > 0; at = properties.find(USER_PROPERTY, at))
 *   if (properties.nameAt(at) === "unit") unit = properties.textAt(at);
 * ```
 */
export class ReceivedProperties {
  /** @internal */ readonly bytes: Uint8Array;
  /** @internal The properties are bytes[start, end). */ start: number;
  /** @internal */ end: number;
  /** @internal A bit for each identifier up to 31 that is present, */ low: number;
  /** @internal and for each from 32. */ high: number;
  /** @internal What made `load` fail. */ detail: string;

  /** @param bytes - where packets will stand; properties never start at its first byte */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.start = 0;
    this.end = 0;
    this.low = 0;
    this.high = 0;
    this.detail = "";
  }

  /** Of all properties, without the Property Length. */
  get byteLength(): number {
    return this.end - this.start;
  }

  /** @param identifier - one of the constants of property.ts */
  has(identifier: number): boolean {
    return (((identifier < 32 ? this.low : this.high) >> (identifier & 31)) & 1) !== 0;
  }

  /**
   * The value of a property, the first one if there are several. Strings and binary data are made anew at each call,
   * numbers cost nothing.
   * @returns undefined when the packet does not have it
   */
  get<Identifier extends keyof ReceivedPropertyTypes>(
    identifier: Identifier,
  ): ReceivedPropertyTypes[Identifier] | undefined {
    const position = this.find(identifier);
    if (position === 0) return undefined;
    const type = propertyRow(identifier) & TYPE_MASK;
    let value: string | number | Uint8Array;
    if (type === STRING) value = this.textAt(position);
    else if (type === BINARY) value = this.binaryAt(position);
    else value = this.numberAt(position);
    return value as ReceivedPropertyTypes[Identifier];
  }

  /**
   * Where a property stands.
   * @param after - what `find` returned before, for the next one of the kind; default 0: the first
   * @returns 0 when there is none (any more)
   */
  find(identifier: number, after: number = 0): number {
    if (!this.has(identifier)) return 0;
    const { bytes, end } = this;
    let position = after > 0 ? propertyEnd(bytes, after, end) : this.start;
    while (position < end) {
      if (bytes[position] === identifier) return position;
      position = propertyEnd(bytes, position, end);
    }
    return 0;
  }

  /** The number of the property at `position`, which is from `find`. */
  numberAt(position: number): number {
    return readNumber(this.bytes, position + 1, propertyRow(this.bytes[position]!) & TYPE_MASK);
  }

  /** The text of the property at `position`; of a User Property its value. */
  textAt(position: number): string {
    const start = valueStart(this.bytes, position);
    return decodeString(this.bytes, start + 2, stringEnd(this.bytes, start));
  }

  /** The name of the User Property at `position`. */
  nameAt(position: number): string {
    return decodeString(this.bytes, position + 3, stringEnd(this.bytes, position + 1));
  }

  /** A copy of the bytes of the property at `position`. */
  binaryAt(position: number): Uint8Array {
    const start = valueStart(this.bytes, position);
    return this.bytes.slice(start + 2, stringEnd(this.bytes, start));
  }

  /**
   * Whether the string or binary property at `position` (of a User Property its value) has this value; allocates
   * nothing. With it a requester knows its Correlation Data.
   * @param value - with its two bytes of length, as `encodeString` and `encodeBinary` give it
   */
  equalsAt(position: number, value: Uint8Array): boolean {
    const { bytes } = this;
    const start = valueStart(bytes, position);
    let index = value.length;
    while (--index >= 0) if (bytes[start + index] !== value[index]) return false;
    return true;
  }

  /** @internal The packet has no properties. */
  clear(): void {
    this.start = 0;
    this.end = 0;
    this.low = 0;
    this.high = 0;
  }

  /**
   * @internal Checks bytes[start, end) and takes it for the properties of a packet.
   * @returns 0, or the code of what is wrong; `detail` tells it
   */
  load(start: number, end: number, packet: number): number {
    this.clear();
    for (let position = start; position < end; position = propertyEnd(this.bytes, position, end)) {
      const identifier = this.bytes[position]!;
      const error = checkProperty(this, position, end, packet);
      if (error !== 0) return error;
      if (identifier < 32) this.low |= 1 << identifier;
      else this.high |= 1 << (identifier & 31);
    }
    this.start = start;
    this.end = end;
    return checkTogether(this, packet);
  }
}

function propertyEnd(bytes: Uint8Array, position: number, end: number): number {
  return valueEnd(bytes, position + 1, end, propertyRow(bytes[position]!) & TYPE_MASK);
}

/** Past the name of a User Property. */
function valueStart(bytes: Uint8Array, position: number): number {
  return bytes[position] === USER_PROPERTY ? stringEnd(bytes, position + 1) : position + 1;
}

function refuse(properties: ReceivedProperties, error: number, found: string): number {
  properties.clear();
  properties.detail = `with property ${found}`;
  return error;
}

/** MQTT 5.0 section 2.2.2.2, and what the section of each property calls a Protocol Error. */
function checkProperty(
  properties: ReceivedProperties,
  position: number,
  end: number,
  packet: number,
): number {
  const { bytes } = properties;
  const identifier = bytes[position]!;
  const type = propertyRow(identifier) & TYPE_MASK;
  if (!isPropertyOf(identifier, packet))
    return refuse(properties, MALFORMED_PACKET, `${identifier}, which it cannot have`);
  if (properties.has(identifier) && !isRepeatable(identifier, packet))
    return refuse(properties, PROTOCOL_ERROR, `${identifier} twice`);
  if (valueEnd(bytes, position + 1, end, type) === 0)
    return refuse(properties, MALFORMED_PACKET, `${identifier} cut short or overlong`);
  if (identifier === SESSION_EXPIRY_INTERVAL && packet === DISCONNECT)
    return refuse(properties, PROTOCOL_ERROR, `${identifier} from a server`); // [MQTT-3.14.2-2]
  return type >= STRING
    ? checkText(properties, position + 1, identifier, type)
    : checkNumber(properties, readNumber(bytes, position + 1, type), identifier);
}

function checkNumber(properties: ReceivedProperties, value: number, identifier: number): number {
  const row = propertyRow(identifier);
  if (value === 0 ? (row & NOT_ZERO) === 0 : value === 1 || (row & IS_FLAG) === 0) return 0;
  const error = identifier === TOPIC_ALIAS ? TOPIC_ALIAS_INVALID : PROTOCOL_ERROR; // [MQTT-3.3.2-8]
  return refuse(properties, error, `${identifier} of ${value}`);
}

function checkText(properties: ReceivedProperties, start: number, identifier: number, type: number): number {
  if (type === BINARY) return 0;
  const { bytes } = properties;
  const end = stringEnd(bytes, start);
  if (
    !isText(bytes, start + 2, end) ||
    (type === STRING_PAIR && !isText(bytes, end + 2, stringEnd(bytes, end)))
  )
    return refuse(properties, MALFORMED_PACKET, `${identifier} with U+0000 or ill-formed UTF-8`);
  if (identifier === RESPONSE_TOPIC && !isTopicName(bytes, start + 2, end))
    return refuse(properties, PROTOCOL_ERROR, `${identifier} that is no Topic Name`); // [MQTT-3.3.2-14]
  return 0;
}

/** [MQTT-1.5.4-1], [MQTT-1.5.4-2], [MQTT-1.5.7-1] */
function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index] === 0) return false;
  return isValidUTF8(bytes, start, end);
}

/** MQTT 5.0 sections 3.1.2.11.10 and 3.15.2.2.2: data only with a method, and AUTH always has one. */
function checkTogether(properties: ReceivedProperties, packet: number): number {
  if (packet === AUTH || properties.has(AUTHENTICATION_DATA))
    if (!properties.has(AUTHENTICATION_METHOD))
      return refuse(properties, PROTOCOL_ERROR, `${AUTHENTICATION_METHOD} missing`);
  return 0;
}
