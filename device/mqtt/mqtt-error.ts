/** Families: who must act. `family` of an error is its code divided by 100, rounded down. */
export const PEER = 1;
export const RESOURCE = 2;
export const USAGE = 3;

/** The broker or the network: connect again. */
export const MALFORMED_PACKET = 100;
export const PROTOCOL_ERROR = 101;
/** `returnCode` says why (MQTT 3.1.1 table 3.1). */
export const CONNECTION_REFUSED = 102;
export const CONNECTION_LOST = 103;
export const CONNACK_TIMEOUT = 104;
export const KEEP_ALIVE_TIMEOUT = 105;
export const HOST_NOT_FOUND = 106;
export const SUBSCRIPTION_REFUSED = 107;
/** The broker does not take a message; `returnCode` is the Reason Code of MQTT 5.0, 3.1.1 has no way to say so. */
export const PUBLISH_REFUSED = 108;

/** A limit of ours: raise it, or send less. */
export const PACKET_TOO_LARGE = 200;
export const BUFFER_FULL = 201;
export const IN_FLIGHT_FULL = 202;
export const OUTBOX_FULL = 203;
export const NO_PACKET_IDENTIFIER = 204;
/** A newer message of the same topic took its place during an outage. */
export const SUPERSEDED = 205;
/** It was worth sending until then only. */
export const DEADLINE_PASSED = 206;
/** The application closed the client first. */
export const CLIENT_CLOSED = 207;

/** The caller: correct the program. These, and only these, are thrown. */
export const INVALID_OPTION = 300;
export const INVALID_TOPIC = 301;
export const INVALID_QOS = 302;
export const INVALID_STRING = 303;
export const NOT_CONNECTED = 304;
export const INVALID_PACKET_IDENTIFIER = 305;
export const INVALID_STATE = 306;
/** A length outside what the protocol or the given buffer holds. */
export const INVALID_LENGTH = 307;

/**
 * The one error class of the MQTT modules. Tell errors apart by `code` (one of the constants of this file), or
 * by `family` (PEER, RESOURCE, USAGE); `message` is for people and names the value and the limit.
 */
export class MQTTError extends Error {
  readonly code: number;
  /** Of CONNACK with CONNECTION_REFUSED (1 to 5), of SUBACK with SUBSCRIPTION_REFUSED (0x80). */
  declare readonly returnCode?: number;
  /** Of MQTT 5.0 alone: what the broker wrote for people. */
  declare reasonString?: string;
  /** Of MQTT 5.0 alone: another broker to use, as this one says. */
  declare serverReference?: string;

  constructor(code: number, detail: string, returnCode?: number) {
    super(detail);
    this.code = code;
    if (returnCode !== undefined) this.returnCode = returnCode;
  }

  /** A getter: on the chip `Error.prototype` is frozen, so that `name` cannot be assigned. */
  override get name(): string {
    return "MQTTError";
  }

  /** The name of MQTT 5.0 for `returnCode`: see version-5/reason-code.ts. */
  get reasonCode(): number | undefined {
    return this.returnCode;
  }

  /** PEER, RESOURCE or USAGE: who must act. */
  get family(): number {
    return Math.floor(this.code / 100);
  }
}

/** Makes an error to throw (usage) or to give to `onError` (peer and resource). */
export function mqttError(code: number, detail: string, returnCode?: number): MQTTError {
  return new MQTTError(code, detail, returnCode);
}

/**
 * Checks a number of the caller's.
 * @param what - what the number is, for the text
 * @throws {MQTTError} `code` unless `value` is a whole number from `minimum` to `maximum`, which is under 2 ** 31
 */
export function assertInteger(
  value: number,
  minimum: number,
  maximum: number,
  code: number,
  what: string,
): void {
  if ((value | 0) !== value || value < minimum || value > maximum)
    throw mqttError(code, `${what} ${value} is not ${minimum} to ${maximum}`);
}
