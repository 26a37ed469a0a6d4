import { AUTH, CONNACK, DISCONNECT, PINGRESP, SUBACK, UNSUBACK } from "../../../device/mqtt/control-packet";
import {
  FAILED,
  NEED_BYTES,
  PACKET,
  PAYLOAD,
  PUBLISH_HEADER,
  SKIPPED,
} from "../../../device/mqtt/packet-reader";
import type { PacketReader } from "../../../device/mqtt/version-5/packet-reader";
import {
  AUTHENTICATION_DATA,
  CORRELATION_DATA,
  USER_PROPERTY,
} from "../../../device/mqtt/version-5/property";
import type { ReceivedProperties } from "../../../device/mqtt/version-5/property-reader";
import {
  type AcknowledgementValue,
  IDENTIFIERS,
  type PacketValue,
  type PropertyList,
  type PropertyName,
  type PublishValue,
} from "./packet";

/** A packet that the reader passed over. */
export interface SkippedValue {
  skipped: number;
  QoS: number;
  packetIdentifier: number;
  packetByteLength: number;
  reasonCode: number;
}

export interface FailedValue {
  error: number;
  detail: string;
}

export type ReadValue = PacketValue | SkippedValue | FailedValue;

const NUMBERS: readonly number[] = [1, 2, 11, 17, 19, 23, 24, 25, 33, 34, 35, 36, 37, 39, 40, 41, 42];

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

/** Properties in the order of their identifiers, as `properties` gives them by its several ways. */
export function propertyList(properties: ReceivedProperties): PropertyList {
  const list: PropertyList = [];
  for (const [name, identifier] of Object.entries(IDENTIFIERS) as [PropertyName, number][])
    for (let at = properties.find(identifier); at > 0; at = properties.find(identifier, at)) {
      if (identifier === USER_PROPERTY) list.push([name, [properties.nameAt(at), properties.textAt(at)]]);
      else if (NUMBERS.includes(identifier)) list.push([name, properties.numberAt(at)]);
      else if (identifier === CORRELATION_DATA || identifier === AUTHENTICATION_DATA)
        list.push([name, [...properties.binaryAt(at)]]);
      else list.push([name, properties.textAt(at)]);
    }
  return list;
}

/** The same order for a list that is expected. */
export function byIdentifier<Value extends ReadValue>(value: Value): Value {
  if (!("properties" in value) || !value.properties) return value;
  const properties = [...value.properties].sort(([one], [other]) => IDENTIFIERS[one] - IDENTIFIERS[other]);
  return { ...value, properties };
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
  const { type, QoS, retain, duplicate, packetIdentifier, packetByteLength, reasonCode } = reader;
  switch (reader.event) {
    case PACKET:
      values.push(packetValue(reader));
      break;
    case PUBLISH_HEADER: {
      const { topic, payloadByteLength, payloadRemaining } = reader;
      if (payloadByteLength !== payloadRemaining) throw new Error("payload consumed before its header");
      const value = { QoS, retain, duplicate, topic, packetIdentifier, payload: [] };
      values.push(withProperties(reader, { type: 3, ...value }));
      break;
    }
    case PAYLOAD:
      (values[values.length - 1] as PublishValue).payload.push(...consumed);
      break;
    case SKIPPED:
      values.push({ skipped: type, QoS, packetIdentifier, packetByteLength, reasonCode });
      break;
    case FAILED:
      values.push({ error: reader.error, detail: reader.detail });
  }
}

function packetValue(reader: PacketReader): PacketValue {
  const { type, packetIdentifier, sessionPresent, reasonCode } = reader;
  if (type === PINGRESP) return { type };
  if (type === CONNACK) return withProperties(reader, { type, sessionPresent, reasonCode });
  if (type === DISCONNECT || type === AUTH) return withProperties(reader, { type, reasonCode });
  if (type === SUBACK || type === UNSUBACK)
    return withProperties(reader, { type, packetIdentifier, reasonCodes: [...reader.returnCodes] });
  const known = type as AcknowledgementValue["type"];
  return withProperties(reader, { type: known, packetIdentifier, reasonCode });
}

function withProperties<Value extends PacketValue>(reader: PacketReader, value: Value): Value {
  const properties = propertyList(reader.properties);
  return properties.length > 0 ? { ...value, properties } : value;
}
