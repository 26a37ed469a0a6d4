import { MQTTError } from "../mqtt-error";

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
/** The broker ended the connection with DISCONNECT; `reasonCode` says why. */
export const DISCONNECTED = 123;
/** The broker speaks of authentication that nobody asked for, or with another method. */
export const AUTHENTICATION_FAILED = 124;
/** A request was not answered in time. */
export const RESPONSE_TIMEOUT = 125;

/** The topics of the broker's Topic Aliases take more memory than allowed: allow more, or announce fewer aliases. */
export const TOPIC_ALIASES_FULL = 220;
/** The broker said in CONNACK that it does not take this; `reasonCode` is what it would answer with. */
export const NOT_SUPPORTED = 221;

/** An error whose reason the broker, or this client in its place, says in MQTT 5.0 words. */
export class ReasonError extends MQTTError {
  /**
   * @param reasonCode - see reason-code.ts; `returnCode` has it
   * @param reasonString - what the broker wrote for people
   * @param serverReference - where the broker sends its clients, with USE_ANOTHER_SERVER and SERVER_MOVED
   */
  constructor(
    code: number,
    detail: string,
    reasonCode: number,
    reasonString?: string,
    serverReference?: string,
  ) {
    super(code, reasonString ? `${detail}: ${reasonString}` : detail, reasonCode);
    if (reasonString !== undefined) this.reasonString = reasonString;
    if (serverReference !== undefined) this.serverReference = serverReference;
  }
}
