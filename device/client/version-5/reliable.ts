import { CONNECTION_REFUSED, type MQTTError } from "../../mqtt/mqtt-error";
import { DISCONNECTED, NOT_SUPPORTED, ReasonError } from "../../mqtt/version-5/mqtt-error";
import { publishByteLength } from "../../mqtt/version-5/packet-writer";
import {
  BAD_AUTHENTICATION_METHOD,
  BANNED,
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
import { NEVER, SELDOM, SOON } from "../back-off";
import type MQTTClient from "../mqtt-client";
import type { ReliableState } from "../reliable-state";
import { subscriptionRefusal as refusalOf, tooLarge } from "./transmit";

/*
 * What ReliableClient does in MQTT 5.0.
 */

/** A PUBLISH may have an alias (3 bytes), a Property Length (up to 4), and so one more byte of Remaining Length. */
export const OVERHEAD = 8;

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
    case BANNED:
    case BAD_AUTHENTICATION_METHOD:
      return SELDOM;
    default:
      // What the broker does not like of a connection it accepted may not come again.
      return code === DISCONNECTED && returnCode < 0x97 ? SOON : SELDOM;
  }
}

export function accepted(state: ReliableState, client: MQTTClient): void {
  const { maximumQoS, assignedClientIdentifier } = client.limits!;
  state.maximumQoS = maximumQoS;
  // The session is kept under this name.
  if (assignedClientIdentifier !== undefined) state.settings.id = assignedClientIdentifier;
}

export function refusal(state: ReliableState, client: MQTTClient, offset: number): MQTTError | undefined {
  const { outbox } = state;
  const { maximumPacketSize, maximumQoS } = client.limits!;
  const payloadStart = outbox.payloadStart(offset);
  const packetEnd = outbox.packetEnd(offset);
  const byteLength = publishByteLength(
    outbox.topicByteLength(offset) + 2,
    packetEnd - payloadStart,
    Math.min(outbox.QoS(offset), maximumQoS),
    0,
    outbox.next(offset) - packetEnd,
  );
  return byteLength > maximumPacketSize ? tooLarge(byteLength, client.limits!) : undefined;
}

export function subscriptionRefusal(
  client: MQTTClient,
  topic: Uint8Array,
  hasIdentifier: boolean,
): MQTTError | undefined {
  const reasonCode = refusalOf(client.limits!, topic, hasIdentifier);
  if (reasonCode === 0) return undefined;
  return new ReasonError(NOT_SUPPORTED, "the broker has no subscriptions of such a kind", reasonCode);
}

/** The outbox keeps the packet as in 3.1.1, and the properties behind it. */
export function sendRecord(
  state: ReliableState,
  client: MQTTClient,
  offset: number,
  byteLength: number,
): number {
  const { outbox, topics, maximumQoS } = state;
  const { bytes } = outbox;
  const start = outbox.packetStart(offset);
  const payloadStart = outbox.payloadStart(offset);
  const end = start + byteLength;
  const next = outbox.next(offset);
  const room = client.writable - (payloadStart - start) - (next - end) - OVERHEAD;
  const count = Math.min(end - payloadStart, room);
  client.sendMessage(
    bytes.subarray(payloadStart, payloadStart + count),
    topics.keep(bytes, outbox.topicStart(offset), outbox.topicByteLength(offset) + 2),
    end - payloadStart,
    Math.min(outbox.QoS(offset), maximumQoS),
    outbox.isRetained(offset) && client.limits!.retainAvailable,
    outbox.isDuplicate(offset),
    outbox.identifier(offset),
    end < next ? bytes.subarray(end, next) : undefined,
  );
  return payloadStart - start + count;
}
