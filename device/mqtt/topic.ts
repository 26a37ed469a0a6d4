import { INVALID_TOPIC, mqttError } from "./mqtt-error";
import { encodeString, isValidUTF8 } from "./utf8-string";

const NUMBER_SIGN = 0x23;
const PLUS = 0x2b;
const SLASH = 0x2f;
const DOLLAR = 0x24;

/**
 * Encodes a Topic Name once, for all its packets: two bytes of length, then UTF-8 (MQTT 3.1.1 section 4.7).
 * @throws {MQTTError} INVALID_TOPIC when empty, over 65,535 bytes, or with a wildcard, U+0000 or an unpaired surrogate
 */
export function encodeTopicName(topicName: string): Uint8Array {
  const bytes = encodeString(topicName, INVALID_TOPIC);
  if (!isTopicName(bytes, 2, bytes.length)) throw mqttError(INVALID_TOPIC, `"${topicName}" is no Topic Name`);
  return bytes;
}

/**
 * Encodes a Topic Filter: two bytes of length, then UTF-8 (MQTT 3.1.1 section 4.7).
 * @throws {MQTTError} INVALID_TOPIC when empty, over 65,535 bytes, with U+0000 or an unpaired surrogate, `+` or `#`
 * beside other characters of their level, or `#` before the last level
 */
export function encodeTopicFilter(topicFilter: string): Uint8Array {
  const bytes = encodeString(topicFilter, INVALID_TOPIC);
  if (!isTopicFilter(bytes, 2, bytes.length))
    throw mqttError(INVALID_TOPIC, `"${topicFilter}" is no Topic Filter`);
  return bytes;
}

/** Throws what `encodeTopicName` throws; use that one where the bytes are needed too. */
export function assertTopicName(topicName: string): void {
  encodeTopicName(topicName);
}

/** Throws what `encodeTopicFilter` throws; use that one where the bytes are needed too. */
export function assertTopicFilter(topicFilter: string): void {
  encodeTopicFilter(topicFilter);
}

/** Whether bytes[start, end) is a Topic Name ([MQTT-3.3.2-1], [MQTT-3.3.2-2], [MQTT-4.7.3-1], [MQTT-4.7.3-2]). */
export function isTopicName(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  let high = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    // Letters, digits and the slash need one comparison.
    if (byte > PLUS) high |= byte;
    else if (byte === PLUS || byte === NUMBER_SIGN || byte === 0) return false;
  }
  // ASCII is UTF-8.
  return high < 0x80 || isValidUTF8(bytes, start, end);
}

/** Whether bytes[start, end), valid UTF-8, is a Topic Filter ([MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.3-1]). */
export function isTopicFilter(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let index = start; index < end; index++) {
    const byte = bytes[index];
    if (byte === 0) return false;
    if (byte !== PLUS && byte !== NUMBER_SIGN) continue;
    if (index > start && bytes[index - 1] !== SLASH) return false;
    const last = index + 1 === end;
    if (!last && (byte === NUMBER_SIGN || bytes[index + 1] !== SLASH)) return false;
  }
  return true;
}

/**
 * Whether a Topic Filter matches a Topic Name (MQTT 3.1.1 section 4.7); of other text the answer says nothing. Allocates the encodings of both: where
 * messages are many keep the encoded filter and use `matchesBytes`.
 * @throws {MQTTError} INVALID_STRING when either cannot be encoded
 */
export function matches(topicFilter: string, topicName: string): boolean {
  const name = encodeString(topicName);
  return matchesBytes(encodeString(topicFilter), name, 2, name.length);
}

/**
 * Whether an encoded Topic Filter matches the Topic Name name[start, end) (MQTT 3.1.1 section 4.7).
 * @param filter - as `encodeTopicFilter` gives it, with its two-byte length
 */
export function matchesBytes(filter: Uint8Array, name: Uint8Array, start: number, end: number): boolean {
  // [MQTT-4.7.2-1]: a filter that starts with a wildcard does not match $SYS and its like.
  if (name[start] === DOLLAR && filter[2] !== DOLLAR) return false;
  let index = 2;
  while (index < filter.length) {
    const byte = filter[index];
    if (byte === NUMBER_SIGN) return true;
    if (byte === PLUS) {
      while (start < end && name[start] !== SLASH) start++;
      // `home/#` also matches the level above it, `home`; `#` is the last, and stands after a slash.
    } else if (start === end) return filter[index + 1] === NUMBER_SIGN;
    else if (name[start++] !== byte) return false;
    index++;
  }
  return start === end;
}
