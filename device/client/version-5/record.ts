import Timer from "timer";
import { DEADLINE_PASSED, type MQTTError } from "../../mqtt/mqtt-error";
import { decodeString } from "../../mqtt/utf8-string";
import { publishByteLength } from "../../mqtt/version-5/packet-writer";
import { MESSAGE_EXPIRY_INTERVAL, PAYLOAD_FORMAT_INDICATOR } from "../../mqtt/version-5/property";
import type MQTTClient from "../mqtt-client";
import { type Outbox, PIECE_BYTE_LENGTH, readNumber, WAITING, writeNumber } from "../reliable/outbox";
import type { ReliableState } from "../reliable/reliable-state";
import { addDeadline, cancelDeadline, drop } from "../reliable/report";
import type { TopicCache } from "../reliable/topic-cache";
import { tooLarge } from "./transmit";

/*
 * Messages of the outbox in MQTT 5.0. It keeps them as packets of 3.1.1, whichever version the broker turns out to speak, with
 * the properties behind.
 */

/** A PUBLISH may have an alias (3 bytes), a Property Length (up to 4), and so one more byte of Remaining Length. */
export const OVERHEAD = 8;

export function refusal(state: ReliableState, client: MQTTClient, offset: number): MQTTError | undefined {
  const { outbox } = state;
  const { maximumPacketSize, maximumQoS } = client.limits!;
  const payloadStart = payloadStartOf(outbox, offset);
  const packetEnd = outbox.packetEnd(offset);
  const byteLength = publishByteLength(
    topicEnd(outbox, offset) - outbox.topicStart(offset),
    packetEnd - payloadStart,
    Math.min(outbox.QoS(offset), maximumQoS),
    0,
    outbox.next(offset) - packetEnd,
  );
  return byteLength > maximumPacketSize ? tooLarge(byteLength, client.limits!) : undefined;
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
  const payloadStart = payloadStartOf(outbox, offset);
  const end = start + byteLength;
  const next = outbox.next(offset);
  const room = client.writable - (payloadStart - start) - (next - end) - OVERHEAD;
  const count = Math.min(end - payloadStart, room);
  client.sendMessage(
    bytes.subarray(payloadStart, payloadStart + count),
    keepTopic(topics, outbox, offset),
    end - payloadStart,
    Math.min(outbox.QoS(offset), maximumQoS),
    isFlag(outbox, offset, 1) && client.limits!.retainAvailable,
    isFlag(outbox, offset, 8),
    outbox.identifier(offset),
    end < next ? bytes.subarray(end, next) : undefined,
  );
  return payloadStart - start + count;
}

/** What the socket must take before a message is begun: all of a short one, and all that stands before a payload. */
export function leastByteLength(state: ReliableState, offset: number): number {
  const { outbox } = state;
  const byteLength = outbox.next(offset) - outbox.packetStart(offset) + OVERHEAD;
  if (byteLength <= PIECE_BYTE_LENGTH) return byteLength;
  return byteLength - (outbox.packetEnd(offset) - payloadStartOf(outbox, offset));
}

/** The message has been accepted. */
export function appended(state: ReliableState, offset: number, token: number): void {
  if (expiryPlace(state.outbox, offset) === 0) return;
  const timer = Timer.repeat(() => age(state, token), 1000);
  addDeadline(state, { token, timer });
}

/**
 * A second of a message's Message Expiry Interval has passed, which stands in its properties: so what remains of it is what is
 * sent. At its end the message is dropped, unless it has been sent ([MQTT-4.3.3-7]).
 */
function age(state: ReliableState, token: number): void {
  const { outbox } = state;
  // It is there: what leaves the outbox takes its timers along.
  const offset = outbox.findToken(token);
  const place = expiryPlace(outbox, offset);
  const left = readNumber(outbox.bytes, place) - 1;
  if (left > 0) writeNumber(outbox.bytes, place, left);
  else if (outbox.state(offset) === WAITING)
    drop(state, offset, DEADLINE_PASSED, "its Message Expiry Interval has passed");
  else {
    cancelDeadline(state, token);
    outbox.setExpired(offset);
  }
}

/** Where the four bytes of the Message Expiry Interval stand; 0 when there are none. encodeProperties puts them in front. */
function expiryPlace(outbox: Outbox, offset: number): number {
  const { bytes } = outbox;
  const end = outbox.next(offset);
  let place = outbox.packetEnd(offset);
  if (bytes[place] === PAYLOAD_FORMAT_INDICATOR) place += 2;
  return place < end && bytes[place] === MESSAGE_EXPIRY_INTERVAL ? place + 1 : 0;
}

function topicEnd(outbox: Outbox, offset: number): number {
  const start = outbox.topicStart(offset);
  return start + 2 + ((outbox.bytes[start]! << 8) | outbox.bytes[start + 1]!);
}

function payloadStartOf(outbox: Outbox, offset: number): number {
  return topicEnd(outbox, offset) + (outbox.QoS(offset) > 0 ? 2 : 0);
}

/** @param flag - of the first byte of the packet */
function isFlag(outbox: Outbox, offset: number, flag: number): boolean {
  return (outbox.bytes[outbox.packetStart(offset)]! & flag) !== 0;
}

/** The topic of a message, in an array that stays as it is: known, or copied. */
function keepTopic(topics: TopicCache, outbox: Outbox, offset: number): Uint8Array {
  const { encoded } = topics;
  for (let index = 0; index < encoded.length; index++)
    if (outbox.isTopic(offset, encoded[index]!)) return encoded[index]!;
  const copy = outbox.bytes.slice(outbox.topicStart(offset), topicEnd(outbox, offset));
  topics.add(decodeString(copy, 2, copy.length), copy);
  return copy;
}
