/*
 * Codes of MQTTError that only the transports over TCP know. They continue those of ../mqtt/mqtt-error.ts and stand apart so
 * that a firmware over plain TCP does not carry them.
 */

/** The broker cannot be trusted, or does not trust this device: wrong authority, host name or date, missing certificate. */
export const TLS_FAILED = 140;
/** The broker does not speak MQTT over WebSocket as it should; `returnCode` is its HTTP status when that was not 101. */
export const WEBSOCKET_FAILED = 141;
