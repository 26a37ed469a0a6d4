import Timer from "timer";
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from "../../mqtt/control-packet";
import { DEADLINE_PASSED, type MQTTError } from "../../mqtt/mqtt-error";
import type MQTTClient from "../mqtt-client";
import { RELEASED, RERELEASE, RESEND, SENT, WAITING } from "./outbox";
import type { ReliableState } from "./reliable-state";
import { checkFlush, drop, remove, reportDelivered, reportDropped, reportWritten } from "./report";

/** Fixed header, topic length and Packet Identifier of a PUBLISH at most. Bytes. */
const PUBLISH_OVERHEAD = 9;

/** A connection is accepted: decides for each message that had been sent how it is sent again. */
export function resume(state: ReliableState, sessionPresent: boolean): void {
  const { outbox } = state;
  let offset = 0;
  while (offset < outbox.used) {
    const sent = outbox.state(offset);
    if (sessionPresent) {
      if (sent === SENT) outbox.setState(offset, RESEND);
      else if (sent === RELEASED) outbox.setState(offset, RERELEASE);
      offset = outbox.next(offset);
    } else offset = renew(state, offset) ? outbox.next(offset) : 0;
  }
}

/** The broker has forgotten the session: the message is a new one. @returns false when it was dropped instead */
function renew(state: ReliableState, offset: number): boolean {
  const { outbox } = state;
  outbox.setState(offset, WAITING);
  if (outbox.QoS(offset) > 0) {
    outbox.setDuplicate(offset, false);
    outbox.setIdentifier(offset, 0);
  }
  if (!outbox.isExpired(offset)) return true;
  drop(state, offset, DEADLINE_PASSED, "its deadline has passed");
  return false;
}

/** A connection is over: what was being written in pieces begins anew, a stream fails. */
export function interrupt(state: ReliableState, error: MQTTError): void {
  const { outbox, stream, session } = state;
  const offset = outbox.findToken(state.partialToken);
  if (offset >= 0 && outbox.QoS(offset) === 0) outbox.setState(offset, WAITING);
  state.partialToken = 0;
  if (!stream || state.streamTimer) return;
  session.forget(stream.packetIdentifier);
  endStream(state, error);
}

function endStream(state: ReliableState, error: MQTTError | undefined): void {
  const { onComplete } = state.stream!;
  state.stream = undefined;
  onComplete.call(state.owner, error);
  checkFlush(state);
}

/** PUBACK, PUBREC or PUBCOMP arrived. */
export function acknowledged(
  state: ReliableState,
  operation: number,
  packetIdentifier: number,
  refusal: MQTTError | undefined,
): void {
  const { outbox, stream } = state;
  if (stream && stream.packetIdentifier === packetIdentifier && operation === PUBACK) {
    if (stream.position < stream.payload.length) return;
    endStream(state, refusal);
    pump(state);
    return;
  }
  const offset = outbox.findIdentifier(packetIdentifier);
  // Nothing can be acknowledged that is not all sent.
  if (offset < 0 || outbox.token(offset) === state.partialToken) return;
  const QoS = sentQoS(state, offset);
  if (refusal) {
    const report = remove(state, offset, refusal);
    reportDropped(state, report);
    pump(state);
  } else if (operation === PUBREC && QoS === 2) outbox.setState(offset, RELEASED);
  else if (QoS === 1 ? operation === PUBACK : operation === PUBCOMP && isReleased(state, offset)) {
    const token = outbox.token(offset);
    outbox.remove(offset);
    reportDelivered(state, token);
    pump(state);
  }
}

/**
 * The QoS that a message goes out with: never over what the broker takes ([MQTT-3.2.2-11] of MQTT 5.0). An exchange that has come
 * to PUBREL ends as it began.
 */
function sentQoS(state: ReliableState, offset: number): number {
  if (isReleased(state, offset)) return 2;
  return Math.min(state.outbox.QoS(offset), state.maximumQoS);
}

/** Without PUBREC a PUBCOMP proves nothing ([MQTT-4.3.3-1]). */
function isReleased(state: ReliableState, offset: number): boolean {
  const sent = state.outbox.state(offset);
  return sent === RELEASED || sent === RERELEASE;
}

/** Sends what the socket takes: what was begun, subscriptions, the outbox in its order, a stream. */
export function pump(state: ReliableState): void {
  state.pumpAgain = true;
  if (state.pumping) return;
  state.pumping = true;
  try {
    while (state.pumpAgain) {
      state.pumpAgain = false;
      const { client } = state;
      if (client) pumpOnce(state, client);
    }
  } finally {
    state.pumping = false;
  }
}

function pumpOnce(state: ReliableState, client: MQTTClient): void {
  if (!sendBegun(state, client)) return;
  state.subscriptions.send(state, client);
  if (sendOutbox(state, client)) beginStream(state, client);
}

/** @returns whether nothing is begun any more, so that other packets may be sent */
function sendBegun(state: ReliableState, client: MQTTClient): boolean {
  if (state.partialToken > 0) sendRestOfRecord(state, client);
  else if (state.stream && state.stream.position >= 0) sendRestOfStream(state, client);
  const { stream } = state;
  const streaming = stream !== undefined && stream.position >= 0 && stream.position < stream.payload.length;
  return state.connected && state.partialToken === 0 && !streaming;
}

/** @returns whether all was sent that may be */
function sendOutbox(state: ReliableState, client: MQTTClient): boolean {
  const { outbox } = state;
  let offset = 0;
  while (offset < outbox.used) {
    const { removals } = outbox;
    if (!sendRecord(state, client, offset) || !state.connected) {
      sendReleases(state, client, offset);
      return false;
    }
    // A QoS 0 message leaves the outbox when it is written.
    offset = outbox.removals === removals ? outbox.next(offset) : 0;
  }
  return true;
}

/** PUBREL does not wait for what keeps a PUBLISH ([MQTT-4.9.0-3] of MQTT 5.0). */
function sendReleases(state: ReliableState, client: MQTTClient, offset: number): void {
  const { outbox } = state;
  while (offset < outbox.used && state.connected && state.partialToken === 0) {
    if (outbox.state(offset) === RERELEASE && !sendRecord(state, client, offset)) return;
    offset = outbox.next(offset);
  }
}

/** @returns false when the record cannot be sent now, and so none behind it */
function sendRecord(state: ReliableState, client: MQTTClient, offset: number): boolean {
  const { outbox, session, protocol } = state;
  const sent = outbox.state(offset);
  if (sent === SENT || sent === RELEASED) return true;
  if (sent === RERELEASE) {
    if (client.writable === 0) return false;
    client.write(undefined, { operation: PUBREL, id: outbox.identifier(offset) });
    outbox.setState(offset, RELEASED);
    return true;
  }
  const refusal = protocol.refusal?.(state, client, offset);
  if (refusal) {
    reportDropped(state, remove(state, offset, refusal));
    return true;
  }
  if (client.writable < protocol.leastByteLength(state, offset)) return false;
  if (sentQoS(state, offset) > 0) {
    if (client.quota <= 0) return false;
    if (sent === RESEND) outbox.setDuplicate(offset, true);
    else if (session.inFlight >= state.inFlight) return false;
    else outbox.setIdentifier(offset, session.nextPacketIdentifier());
  }
  outbox.setState(offset, SENT);
  return sendPacket(state, client, offset);
}

/** @returns whether all of the packet was sent */
function sendPacket(state: ReliableState, client: MQTTClient, offset: number): boolean {
  const { outbox } = state;
  const byteLength = outbox.packetEnd(offset) - outbox.packetStart(offset);
  const count = state.protocol.sendRecord(state, client, offset, byteLength);
  if (count === byteLength) {
    sentRecord(state, offset);
    return true;
  }
  state.partialToken = outbox.token(offset);
  state.partialPosition = count;
  return false;
}

function sendRestOfRecord(state: ReliableState, client: MQTTClient): void {
  const { outbox } = state;
  const offset = outbox.findToken(state.partialToken);
  const start = outbox.packetStart(offset) + state.partialPosition;
  const end = outbox.packetEnd(offset);
  const count = Math.min(end - start, client.writable);
  // Also of a client that is lost and has not told it yet, whose `write` would throw.
  if (count === 0) return;
  state.partialPosition += count;
  client.write(outbox.bytes.subarray(start, start + count));
  if (start + count < end) return;
  state.partialToken = 0;
  sentRecord(state, offset);
}

/** At QoS 0 a message is done with when it is written. */
function sentRecord(state: ReliableState, offset: number): void {
  const { outbox } = state;
  if (sentQoS(state, offset) > 0) return;
  const token = outbox.token(offset);
  // Sent at a higher QoS before, which the broker does not take any more.
  state.session.forget(outbox.identifier(offset));
  outbox.remove(offset);
  reportWritten(state, token);
}

function beginStream(state: ReliableState, client: MQTTClient): void {
  const { stream, session, topics } = state;
  if (!stream || stream.position >= 0) return;
  const { payload, topic, QoS, retain, properties } = stream;
  const overhead = PUBLISH_OVERHEAD + state.protocol.overhead + (properties ? properties.length : 0);
  const room = client.writable - overhead - topics.encode(topic).length;
  if (room <= 0 || (QoS > 0 && client.quota <= 0)) return;
  const count = Math.min(room, payload.length);
  const byteLength = payload.length;
  stream.position = count;
  if (QoS > 0) stream.packetIdentifier = session.nextPacketIdentifier();
  const id = stream.packetIdentifier;
  const piece = payload.subarray(0, count);
  try {
    client.sendMessage(piece, topics.encode(topic), byteLength, QoS, retain, false, id, properties);
  } catch (error) {
    // The broker does not take it.
    endStream(state, error as MQTTError);
    return;
  }
  streamed(state);
}

function sendRestOfStream(state: ReliableState, client: MQTTClient): void {
  const stream = state.stream!;
  const { payload, position } = stream;
  const count = Math.min(payload.length - position, client.writable);
  if (count === 0) return;
  stream.position += count;
  client.write(payload.subarray(position, position + count));
  streamed(state);
}

/** At QoS 0 a stream is complete when it is written; `onComplete` waits for the next turn, as `stream` may not have returned. */
function streamed(state: ReliableState): void {
  const { stream } = state;
  if (!stream || stream.QoS > 0 || stream.position < stream.payload.length) return;
  state.streamTimer = Timer.set(() => {
    state.streamTimer = undefined;
    endStream(state, undefined);
    pump(state);
  });
}
