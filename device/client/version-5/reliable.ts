import { CONNECTION_REFUSED, type MQTTError } from "../../mqtt/mqtt-error";
import { DISCONNECTED } from "../../mqtt/version-5/mqtt-error";
import {
  ADMINISTRATIVE_ACTION,
  CONNECTION_RATE_EXCEEDED,
  MAXIMUM_CONNECT_TIME,
  NORMAL_DISCONNECTION,
  QUOTA_EXCEEDED,
  SERVER_BUSY,
  SERVER_SHUTTING_DOWN,
  SERVER_UNAVAILABLE,
  SESSION_TAKEN_OVER,
  UNSPECIFIED_ERROR,
} from "../../mqtt/version-5/reason-code";
import type MQTTClient from "../mqtt-client";
import { NEVER, SELDOM, SOON } from "../reliable/back-off";
import type { ReliableState } from "../reliable/reliable-state";

/*
 * What ReliableClient does in MQTT 5.0.
 */

/**
 * What waiting mends. Somebody else who uses the Client Identifier is not driven away by connecting again: two clients would
 * take the session from one another for ever.
 */
export function prospects(error: MQTTError): number {
  const { code, returnCode = 0 } = error;
  if (code !== CONNECTION_REFUSED && code !== DISCONNECTED) return SOON;
  switch (returnCode) {
    case SESSION_TAKEN_OVER:
      return NEVER;
    case NORMAL_DISCONNECTION:
    case UNSPECIFIED_ERROR:
    case SERVER_UNAVAILABLE:
    case SERVER_BUSY:
    case SERVER_SHUTTING_DOWN:
    case QUOTA_EXCEEDED:
    case CONNECTION_RATE_EXCEEDED:
    case MAXIMUM_CONNECT_TIME:
      return SOON;
    default:
      // What the broker does not like of a connection it accepted may not come again.
      return code === DISCONNECTED && returnCode < ADMINISTRATIVE_ACTION ? SOON : SELDOM;
  }
}

export function accepted(state: ReliableState, client: MQTTClient): void {
  const { maximumQoS, assignedClientIdentifier } = client.limits!;
  state.maximumQoS = maximumQoS;
  // The session is kept under this name.
  if (assignedClientIdentifier !== undefined) state.settings.id = assignedClientIdentifier;
}
