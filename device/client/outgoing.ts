import Timer from "timer";
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from "../mqtt/control-packet";
import { DEADLINE_PASSED, type MQTTError, mqttError, OUTBOX_FULL, SUPERSEDED } from "../mqtt/mqtt-error";
import { DEADLINE, LATEST, MUST } from "./delivery";
import type MQTTClient from "./mqtt-client";
import { RELEASED, RERELEASE, RESEND, SENT, WAITING } from "./outbox";
import type { ReliableState, Report } from "./reliable-state";
import { checkFlush, drop, remove, reportDelivered, reportDropped, reportWritten } from "./report";

/** Packets up to this size go out with one `write`; longer ones may have to take what the socket gives. Bytes. */
const PIECE_BYTE_LENGTH = 1024;
/** Fixed header, topic length and Packet Identifier of a PUBLISH at most. Bytes. */
const PUBLISH_OVERHEAD = 9;
const NEWER = "a newer message of its topic took its place";

/** Accepts a message. @returns its token */
export function enqueue(
  state: ReliableState,
  topic: string,
  payload: Uint8Array,
  QoS: number,
  retain: boolean,
  delivery: number,
  deadline: number,
): number {
  const { outbox } = state;
  const topicBytes = state.topics.encode(topic);
  const byteLength = outbox.recordByteLength(topicBytes, payload.length, QoS);
  const token = state.lastToken >= 0xffff_ffff ? 1 : state.lastToken + 1;
  state.lastToken = token;
  if (state.connected && outbox.free >= byteLength)
    append(state, token, topicBytes, payload, QoS, retain, delivery, deadline);
  else {
    const dropped: Report[] = [];
    const fits = byteLength <= outbox.bytes.length;
    if (fits && delivery === LATEST && !state.connected) supersede(state, topicBytes, dropped);
    if (fits && makeRoom(state, byteLength, dropped))
      append(state, token, topicBytes, payload, QoS, retain, delivery, deadline);
    else {
      const detail = `${byteLength} bytes do not fit the outbox of ${outbox.bytes.length}, ${outbox.free} are free`;
      dropped.push({ token, topic, reason: mqttError(OUTBOX_FULL, detail) });
    }
    // Callbacks come last: they may publish and close.
    for (let index = 0; index < dropped.length; index++) reportDropped(state, dropped[index]!);
  }
  pump(state);
  return token;
}

function append(
  state: ReliableState,
  token: number,
  topic: Uint8Array,
  payload: Uint8Array,
  QoS: number,
  retain: boolean,
  delivery: number,
  deadline: number,
): void {
  state.outbox.append(token, delivery, topic, payload, QoS, retain);
  if (delivery !== DEADLINE) return;
  const timer = Timer.set(() => expire(state, token), deadline);
  state.deadlines.push({ token, timer });
}

/** Messages of the topic that wait as LATEST give way to a newer one. */
function supersede(state: ReliableState, topic: Uint8Array, dropped: Report[]): void {
  const { outbox } = state;
  let offset = 0;
  while (offset < outbox.used) {
    if (isLatest(state, offset) && outbox.isTopic(offset, topic))
      dropped.push(remove(state, offset, SUPERSEDED, NEWER));
    else offset = outbox.next(offset);
  }
}

function isLatest(state: ReliableState, offset: number): boolean {
  return state.outbox.state(offset) === WAITING && state.outbox.delivery(offset) === LATEST;
}

/** An outage begins: of the messages of each topic that wait as LATEST only the newest stays. */
export function keepNewest(state: ReliableState): void {
  const { outbox } = state;
  let offset = 0;
  while (offset < outbox.used) {
    if (isLatest(state, offset) && hasNewer(state, offset)) {
      drop(state, offset, SUPERSEDED, NEWER);
      offset = 0;
    } else offset = outbox.next(offset);
  }
}

function hasNewer(state: ReliableState, offset: number): boolean {
  const { outbox } = state;
  for (let other = outbox.next(offset); other < outbox.used; other = outbox.next(other))
    if (isLatest(state, other) && outbox.haveSameTopic(other, offset)) return true;
  return false;
}

/** Removes the oldest messages that may be dropped, if that is of use. */
function makeRoom(state: ReliableState, byteLength: number, dropped: Report[]): boolean {
  const { outbox } = state;
  let room = outbox.free;
  for (let offset = 0; offset < outbox.used; offset = outbox.next(offset))
    if (mayEvict(state, offset)) room += outbox.next(offset) - offset;
  if (room < byteLength) return false;
  let offset = 0;
  while (outbox.free < byteLength) {
    if (mayEvict(state, offset))
      dropped.push(remove(state, offset, OUTBOX_FULL, `the outbox of ${outbox.bytes.length} bytes is full`));
    else offset = outbox.next(offset);
  }
  return true;
}

function mayEvict(state: ReliableState, offset: number): boolean {
  return state.outbox.state(offset) === WAITING && state.outbox.delivery(offset) !== MUST;
}

/** A deadline has passed. What has been sent once must be sent until acknowledged ([MQTT-4.4.0-1]). */
function expire(state: ReliableState, token: number): void {
  const { outbox, deadlines } = state;
  const index = deadlines.findIndex((deadline) => deadline.token === token);
  if (index >= 0) deadlines.splice(index, 1);
  const offset = outbox.findToken(token);
  if (offset < 0) return;
  if (outbox.state(offset) === WAITING) drop(state, offset, DEADLINE_PASSED, "its deadline has passed");
  else outbox.setExpired(offset);
}

/** A connection is accepted: decides for each message that had been sent how it is sent again. */
export function resume(state: ReliableState, sessionPresent: boolean): void {
  const { outbox } = state;
  let offset = 0;
  while (offset < outbox.used) {
    const sent = outbox.state(offset);
    if (sessionPresent) {
      if (sent === SENT) outbox.setState(offset, RESEND);
      else if (sent === RELEASED) outbox.setState(offset, RERELEASE);
    } else if (sent !== WAITING && !renew(state, offset)) {
      offset = 0;
      continue;
    }
    offset = outbox.next(offset);
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
  if (state.partialToken > 0) {
    const offset = outbox.findToken(state.partialToken);
    if (offset >= 0 && outbox.QoS(offset) === 0) outbox.setState(offset, WAITING);
    state.partialToken = 0;
  }
  if (!stream || state.streamTimer) return;
  if (stream.packetIdentifier > 0) session.forget(stream.packetIdentifier);
  endStream(state, error);
}

function endStream(state: ReliableState, error: MQTTError | undefined): void {
  const { stream } = state;
  state.stream = undefined;
  stream?.onComplete.call(state.owner, error);
  checkFlush(state);
}

/** PUBACK, PUBREC or PUBCOMP arrived. */
export function acknowledged(state: ReliableState, operation: number, packetIdentifier: number): void {
  const { outbox, stream } = state;
  if (stream && stream.packetIdentifier === packetIdentifier && operation === PUBACK) {
    if (stream.position < stream.payload.length) return;
    endStream(state, undefined);
    pump(state);
    return;
  }
  const offset = outbox.findIdentifier(packetIdentifier);
  // Nothing can be acknowledged that is not all sent.
  if (offset < 0 || outbox.token(offset) === state.partialToken) return;
  const QoS = outbox.QoS(offset);
  if (operation === PUBREC && QoS === 2) outbox.setState(offset, RELEASED);
  else if (operation === (QoS === 1 ? PUBACK : PUBCOMP)) {
    const token = outbox.token(offset);
    outbox.remove(offset);
    reportDelivered(state, token);
    pump(state);
  }
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
      if (client && state.connected) pumpOnce(state, client);
    }
  } finally {
    state.pumping = false;
  }
}

function pumpOnce(state: ReliableState, client: MQTTClient): void {
  if (!sendBegun(state, client)) return;
  state.subscriptions.send(client, state.session);
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
    if (!sendRecord(state, client, offset) || !state.connected) return false;
    // A QoS 0 message leaves the outbox when it is written.
    offset = outbox.removals === removals ? outbox.next(offset) : 0;
  }
  return true;
}

/** @returns false when the record cannot be sent now, and so none behind it */
function sendRecord(state: ReliableState, client: MQTTClient, offset: number): boolean {
  const { outbox, session } = state;
  const sent = outbox.state(offset);
  if (sent === SENT || sent === RELEASED) return true;
  if (sent === RERELEASE) {
    if (client.writable === 0) return false;
    client.write(undefined, { operation: PUBREL, id: outbox.identifier(offset) });
    outbox.setState(offset, RELEASED);
    return true;
  }
  const byteLength = outbox.next(offset) - outbox.packetStart(offset);
  if (byteLength > client.writable && byteLength <= PIECE_BYTE_LENGTH) return false;
  if (client.writable === 0) return false;
  if (outbox.QoS(offset) > 0) {
    if (sent === RESEND) outbox.setDuplicate(offset, true);
    else if (session.inFlight >= state.inFlight) return false;
    else outbox.setIdentifier(offset, session.nextPacketIdentifier());
  }
  outbox.setState(offset, SENT);
  return sendPacket(state, client, offset, byteLength);
}

/** @returns whether all of the packet was sent */
function sendPacket(state: ReliableState, client: MQTTClient, offset: number, byteLength: number): boolean {
  const { outbox } = state;
  const start = outbox.packetStart(offset);
  const count = Math.min(byteLength, client.writable);
  const piece = outbox.bytes.subarray(start, start + count);
  client.send(piece, byteLength, outbox.QoS(offset), outbox.identifier(offset));
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
  const end = outbox.next(offset);
  const count = Math.min(end - start, client.writable);
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
  if (outbox.QoS(offset) > 0) return;
  const token = outbox.token(offset);
  outbox.remove(offset);
  reportWritten(state, token);
}

function beginStream(state: ReliableState, client: MQTTClient): void {
  const { stream, session, topics } = state;
  if (!stream || stream.position >= 0) return;
  const { payload, topic, QoS, retain } = stream;
  const room = client.writable - PUBLISH_OVERHEAD - topics.encode(topic).length;
  if (room <= 0) return;
  const count = Math.min(room, payload.length);
  const byteLength = payload.length;
  stream.position = count;
  if (QoS > 0) stream.packetIdentifier = session.nextPacketIdentifier();
  const id = stream.packetIdentifier;
  const piece = payload.subarray(0, count);
  client.write(piece, QoS > 0 ? { topic, QoS, retain, byteLength, id } : { topic, retain, byteLength });
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
