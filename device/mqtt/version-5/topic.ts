import { INVALID_TOPIC, mqttError } from "../mqtt-error";
import { encodeTopicFilter as encodePlainTopicFilter } from "../topic";

const DOLLAR = 0x24;
const PLUS = 0x2b;
const SLASH = 0x2f;
/** Of `$share/` in an encoded filter: the Share Name starts after it. */
const SHARE_NAME_START = 9;

/**
 * Encodes a Topic Filter: two bytes of length, then UTF-8 (MQTT 5.0 section 4.7). `$share/name/filter` is a Shared
 * Subscription (section 4.8.2).
 * @throws {MQTTError} INVALID_TOPIC for what is no Topic Filter, and for `$share/` without a Share Name (with `+` or
 * `#` in it) or without a Topic Filter after it
 */
export function encodeTopicFilter(topicFilter: string): Uint8Array {
  const bytes = encodePlainTopicFilter(topicFilter);
  if (isShared(bytes) && !isSharedSubscription(bytes))
    throw mqttError(INVALID_TOPIC, `"${topicFilter}" is no Shared Subscription`);
  return bytes;
}

/** Whether an encoded Topic Filter starts with `$share/`. */
export function isShared(filter: Uint8Array): boolean {
  return (
    filter[2] === DOLLAR &&
    filter[3] === 0x73 && // share
    filter[4] === 0x68 &&
    filter[5] === 0x61 &&
    filter[6] === 0x72 &&
    filter[7] === 0x65 &&
    filter[8] === SLASH
  );
}

/**
 * The Topic Filter that messages of a subscription match: of `$share/name/filter` it is `filter`, any other stays as
 * it is. For `matchesBytes`.
 * @param filter - as `encodeTopicFilter` gives it
 * @returns with its two-byte length; a new array when the subscription is shared
 */
export function matchedTopicFilter(filter: Uint8Array): Uint8Array {
  if (!isShared(filter)) return filter;
  const start = filter.indexOf(SLASH, SHARE_NAME_START) + 1;
  const bytes = filter.slice(start - 2);
  bytes[0] = (filter.length - start) >> 8;
  bytes[1] = filter.length - start;
  return bytes;
}

/**
 * [MQTT-4.8.2-1], [MQTT-4.8.2-2]; that all of it is a Topic Filter has been seen already: `+` is a whole level, and nothing
 * follows `#`.
 */
function isSharedSubscription(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(SLASH, SHARE_NAME_START);
  return end > SHARE_NAME_START && end + 1 < bytes.length && bytes[SHARE_NAME_START] !== PLUS;
}
