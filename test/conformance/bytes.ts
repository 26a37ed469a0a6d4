/*
 * Packets as text, built without any code under test: bytes in hexadecimal, separated by spaces.
 */

/** `Uint8Array.of(0x20, 0x02)` as `20 02`. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** `20 02` as bytes. */
export function bytesOf(...hex: string[]): Uint8Array {
  const text = hex.filter((part) => part !== "").join(" ");
  const bytes = text === "" ? [] : text.split(" ").map((byte) => Number.parseInt(byte, 16));
  if (bytes.some((byte) => Number.isNaN(byte))) throw new Error(`"${text}" is not hexadecimal`);
  return Uint8Array.from(bytes);
}

/** UTF-8 of text. */
export function utf8(text: string): string {
  return hexOf(Buffer.from(text));
}

/** A string field: two bytes of length, then UTF-8 (MQTT 3.1.1 section 1.5.3). */
export function string(text: string): string {
  return field(utf8(text));
}

/** Any bytes as a field with two bytes of length before them. */
export function field(hex: string): string {
  const { length } = bytesOf(hex);
  return join(number(length), hex);
}

/** Two bytes, most significant first. */
export function number(value: number): string {
  return hexOf(Uint8Array.of(value >> 8, value & 0xff));
}

export function join(...hex: string[]): string {
  return hex.filter((part) => part !== "").join(" ");
}

/** A packet: its first byte, the Remaining Length of what follows, and that. */
export function packet(first: number, ...following: string[]): string {
  const body = join(...following);
  let { length } = bytesOf(body);
  const head = [first];
  do {
    head.push(length > 0x7f ? (length % 0x80) + 0x80 : length);
    length = Math.floor(length / 0x80);
  } while (length > 0);
  return join(hexOf(Uint8Array.from(head)), body);
}

export interface PublishFields {
  QoS?: number;
  id?: number;
  duplicate?: boolean;
  retain?: boolean;
}

/** A PUBLISH of MQTT 3.1.1. */
export function publish(topic: string, payload: string, fields: PublishFields = {}): string {
  const { QoS = 0, id = 0, duplicate = false, retain = false } = fields;
  const first = 0x30 | (duplicate ? 8 : 0) | (QoS << 1) | (retain ? 1 : 0);
  return packet(first, string(topic), QoS > 0 ? number(id) : "", utf8(payload));
}

/** Packets of MQTT 3.1.1 that are nothing but a Packet Identifier. */
export const puback = (id: number): string => packet(0x40, number(id));
export const pubrec = (id: number): string => packet(0x50, number(id));
export const pubrel = (id: number): string => packet(0x62, number(id));
export const pubcomp = (id: number): string => packet(0x70, number(id));

export const CONNACK_NEW: string = "20 02 00 00";
export const CONNACK_RESUMED: string = "20 02 01 00";
export const PINGREQ: string = "c0 00";
export const PINGRESP: string = "d0 00";
export const DISCONNECT: string = "e0 00";

/** The packets in a stream of bytes; an incomplete last one as it is. */
export function packetsOf(stream: Uint8Array): string[] {
  const packets: string[] = [];
  for (let start = 0; start < stream.length; ) {
    let at = start + 1;
    let length = 0;
    let factor = 1;
    for (let more = true; more && at < stream.length; at++, factor *= 0x80) {
      length += (stream[at]! & 0x7f) * factor;
      more = stream[at]! > 0x7f;
    }
    packets.push(hexOf(stream.subarray(start, at + length)));
    start = at + length;
  }
  return packets;
}
