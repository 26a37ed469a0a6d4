import Timer from "timer";
import { DEADLINE_PASSED, mqttError, OUTBOX_FULL, SUPERSEDED } from "../../mqtt/mqtt-error";
import { DEADLINE, LATEST, MUST } from "../delivery";
import { WAITING } from "./outbox";
import type { ReliableState, Report } from "./reliable-state";
import { addDeadline, drop, remove, reportAllDropped, reportWritten } from "./report";

const NEWER = "a newer message of its topic took its place";

/** Accepts a message; sending it is up to `pump`. @returns its token */
export function enqueue(
  state: ReliableState,
  topic: string,
  payload: Uint8Array,
  QoS: number,
  retain: boolean,
  delivery: number,
  deadline: number,
  properties: Uint8Array | undefined,
): number {
  const { outbox } = state;
  const topicBytes = state.topics.encode(topic);
  const byteLength = outbox.recordByteLength(topicBytes, payload.length, QoS, properties);
  const token = nextToken(state);
  if (state.connected && outbox.free >= byteLength)
    append(state, token, topicBytes, payload, QoS, retain, delivery, deadline, properties);
  else {
    const dropped: Report[] = [];
    const fits = byteLength <= outbox.bytes.length;
    if (fits && delivery === LATEST && !state.connected) supersede(state, topicBytes, dropped);
    if (fits && makeRoom(state, byteLength, dropped))
      append(state, token, topicBytes, payload, QoS, retain, delivery, deadline, properties);
    else {
      const detail = `${byteLength} bytes do not fit the outbox of ${outbox.bytes.length}, ${outbox.free} are free`;
      dropped.push({ token, topic, reason: mqttError(OUTBOX_FULL, detail) });
    }
    // Callbacks come last: they may publish and close.
    reportAllDropped(state, dropped);
  }
  return token;
}

/** Fixed header of a packet of up to 16 KiB, more than any shared buffer takes without being asked. */
const FIXED_HEADER_BYTE_LENGTH = 3;

/**
 * Sends a QoS 0 message at once, past the outbox, when nothing waits and the shared buffer of the connection takes it.
 * @returns its token; 0: it has to go through the outbox
 */
export function sendAtOnce(
  state: ReliableState,
  topic: string,
  payload: Uint8Array,
  retain: boolean,
): number {
  const { client, outbox, settings, protocol } = state;
  const { bufferByteLength = 256 } = settings;
  if (!client || !state.connected || outbox.used > 0 || state.stream || protocol.version !== 4) return 0;
  const topicBytes = state.topics.encode(topic);
  const byteLength = FIXED_HEADER_BYTE_LENGTH + topicBytes.length + payload.length;
  if (byteLength > bufferByteLength || byteLength > client.writable) return 0;
  const token = nextToken(state);
  client.sendMessage(payload, topicBytes, payload.length, 0, retain, false, 0, undefined);
  reportWritten(state, token);
  return token;
}

export function nextToken(state: ReliableState): number {
  state.lastToken = state.lastToken >= 0xffff_ffff ? 1 : state.lastToken + 1;
  return state.lastToken;
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
  properties: Uint8Array | undefined,
): void {
  const { outbox } = state;
  const offset = outbox.append(token, delivery, topic, payload, QoS, retain, properties);
  if (delivery === DEADLINE) {
    const timer = Timer.set(() => expire(state, token), deadline);
    addDeadline(state, { token, timer });
  }
  // Also when the broker turns out to speak 3.1.1: then this client alone sees to it.
  state.preferred.appended?.(state, offset, token);
}

/** Messages of the topic that wait as LATEST give way to a newer one. */
function supersede(state: ReliableState, topic: Uint8Array, dropped: Report[]): void {
  const { outbox } = state;
  let offset = 0;
  while (offset < outbox.used) {
    if (isLatest(state, offset) && outbox.isTopic(offset, topic))
      dropped.push(remove(state, offset, mqttError(SUPERSEDED, NEWER)));
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
      dropped.push(
        remove(state, offset, mqttError(OUTBOX_FULL, `the outbox of ${outbox.bytes.length} bytes is full`)),
      );
    else offset = outbox.next(offset);
  }
  return true;
}

function mayEvict(state: ReliableState, offset: number): boolean {
  return state.outbox.state(offset) === WAITING && state.outbox.delivery(offset) !== MUST;
}

/** A deadline has passed. What has been sent once must be sent until acknowledged ([MQTT-4.4.0-1]). */
function expire(state: ReliableState, token: number): void {
  const { outbox } = state;
  const deadlines = state.deadlines!;
  deadlines.splice(
    deadlines.findIndex((deadline) => deadline.token === token),
    1,
  );
  const offset = outbox.findToken(token);
  if (outbox.state(offset) === WAITING) drop(state, offset, DEADLINE_PASSED, "its deadline has passed");
  else outbox.setExpired(offset);
}
