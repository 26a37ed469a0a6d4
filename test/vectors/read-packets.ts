import { CONNACK, PINGRESP, PUBLISH, SUBACK } from "../../device/mqtt/control-packet";
import {
  FAILED,
  NEED_BYTES,
  PACKET,
  PAYLOAD,
  type PacketReader,
  PUBLISH_HEADER,
  SKIPPED,
} from "../../device/mqtt/packet-reader";
import type { AcknowledgementValue, PacketValue, PublishValue } from "./packet";

/** A packet that the reader passed over. */
export interface SkippedValue {
  skipped: number;
  QoS: number;
  packetIdentifier: number;
  packetByteLength: number;
}

export interface FailedValue {
  error: number;
  detail: string;
}

export type ReadValue = PacketValue | SkippedValue | FailedValue;

/**
 * Feeds a stream to a reader and collects what it finds.
 * @param cuts - lengths of the pieces, repeated as long as there are bytes; each at least 1
 */
export function readPackets(reader: PacketReader, stream: Uint8Array, cuts: readonly number[]): ReadValue[] {
  const values: ReadValue[] = [];
  let index = 0;
  for (let from = 0; from < stream.length; ) {
    const length = Math.min(cuts[index++ % cuts.length] ?? stream.length, stream.length - from);
    // At an offset, in a copy that is overwritten afterwards: as a client's one receive buffer is.
    const buffer = new Uint8Array(length + 2).fill(0xff);
    buffer.set(stream.subarray(from, from + length), 1);
    feedAll(reader, buffer, 1, 1 + length, values);
    buffer.fill(0xee);
    if (reader.event === FAILED) break;
    from += length;
  }
  return values;
}

function feedAll(
  reader: PacketReader,
  buffer: Uint8Array,
  start: number,
  end: number,
  values: ReadValue[],
): void {
  while (start < end) {
    const next = reader.feed(buffer, start, end);
    if (next < start || next > end) throw new Error(`feed(${start}, ${end}) returned ${next}`);
    if (reader.event === NEED_BYTES && next !== end) throw new Error("wants bytes and has some");
    collect(reader, buffer.subarray(start, next), values);
    if (reader.event === FAILED) return;
    if (next === start) throw new Error("consumed nothing");
    start = next;
  }
}

function collect(reader: PacketReader, consumed: Uint8Array, values: ReadValue[]): void {
  const { QoS, retain, duplicate, packetIdentifier, packetByteLength } = reader;
  switch (reader.event) {
    case PACKET:
      values.push(packetValue(reader));
      break;
    case PUBLISH_HEADER: {
      const { topic, payloadByteLength, payloadRemaining } = reader;
      if (payloadByteLength !== payloadRemaining) throw new Error("payload consumed before its header");
      values.push({ type: 3, QoS, retain, duplicate, topic, packetIdentifier, payload: [] });
      break;
    }
    case PAYLOAD:
      (values[values.length - 1] as PublishValue).payload.push(...consumed);
      break;
    case SKIPPED:
      values.push({ skipped: reader.type, QoS, packetIdentifier, packetByteLength });
      break;
    case FAILED:
      values.push({ error: reader.error, detail: reader.detail });
  }
}

function packetValue(reader: PacketReader): PacketValue {
  const { type, packetIdentifier, sessionPresent, returnCode, returnCodes, returnCodeCount } = reader;
  if (type === CONNACK) return { type, sessionPresent, returnCode };
  if (type === PINGRESP) return { type };
  if (type === SUBACK)
    return { type, packetIdentifier, returnCodes: [...returnCodes.subarray(0, returnCodeCount)] };
  if (type === PUBLISH) throw new Error("PUBLISH as PACKET");
  return { type: type as AcknowledgementValue["type"], packetIdentifier };
}
