/*
 * Codes of MQTTError that only MQTT 5.0 knows. They continue those of ../mqtt-error.ts and stand apart so that a
 * 3.1.1 firmware does not carry them.
 */

/** The broker used Topic Alias 0 or one above the Topic Alias Maximum it was told. */
export const TOPIC_ALIAS_INVALID = 120;
/** The broker sent more QoS 1 and 2 messages at a time than the Receive Maximum it was told. */
export const RECEIVE_MAXIMUM_EXCEEDED = 121;
/** The payload is not the UTF-8 that its Payload Format Indicator says. */
export const PAYLOAD_FORMAT_INVALID = 122;

/** The topics of the broker's Topic Aliases take more memory than allowed: allow more, or announce fewer aliases. */
export const TOPIC_ALIASES_FULL = 220;
