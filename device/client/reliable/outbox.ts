import { publishByteLength, writePublishHeader } from "../../mqtt/packet-writer";
import { decodeString } from "../../mqtt/utf8-string";

/** Packets up to this size go out with one `write`; longer ones may have to take what the socket gives. Bytes. */
export const PIECE_BYTE_LENGTH = 1024;

// States of a message.

/** To be sent as new. */
export const WAITING = 0;
/** Sent, or being sent; at QoS 1 and 2 an acknowledgement is due. */
export const SENT = 1;
/** PUBREC came: PUBREL is sent and PUBCOMP is due. */
export const RELEASED = 2;
/** Sent on an earlier connection of the same session: to be sent again with DUP ([MQTT-4.4.0-1]). */
export const RESEND = 3;
/** PUBREL was sent on an earlier connection of the same session: to be sent again. */
export const RERELEASE = 4;

// A record: byte length (4 bytes), token (4), Packet Identifier (2), delivery class (1), state (1), then the PUBLISH packet
// as it goes over the wire in 3.1.1, then its properties for MQTT 5.0, encoded.
const TOKEN = 4;
const IDENTIFIER = 8;
const DELIVERY = 10;
const STATE = 11;
const HEADER_BYTE_LENGTH = 12;
/** In the byte of the delivery class: the deadline has passed. */
const EXPIRED = 0x80;

/**
 * The messages that wait or are not yet acknowledged, oldest first, in one array of bytes made once: so they cannot take more
 * memory than given, and sending one is one `subarray`. A record is known by its offset, which holds until one is removed.
 */
export class Outbox {
  readonly bytes: Uint8Array;
  /** Offset after the last record. */
  used: number;
  /** Number of records. */
  count: number;
  /** How many records have been removed so far: when it changes, offsets do. */
  removals: number;

  /** @param memory - whose first `byteLength` bytes are the outbox's; default its own */
  constructor(byteLength: number, memory: ArrayBuffer = new ArrayBuffer(byteLength)) {
    this.bytes = new Uint8Array(memory, 0, byteLength);
    this.used = 0;
    this.count = 0;
    this.removals = 0;
  }

  /** Bytes that a message takes here. */
  recordByteLength(
    topic: Uint8Array,
    payloadByteLength: number,
    QoS: number,
    properties?: Uint8Array,
  ): number {
    const byteLength = HEADER_BYTE_LENGTH + publishByteLength(topic.length, payloadByteLength, QoS);
    return properties ? byteLength + properties.length : byteLength;
  }

  get free(): number {
    return this.bytes.length - this.used;
  }

  /**
   * Adds a message; the caller has seen that `free` suffices.
   * @param topic - Topic Name, prefixed
   */
  append(
    token: number,
    delivery: number,
    topic: Uint8Array,
    payload: Uint8Array,
    QoS: number,
    retain: boolean,
    properties?: Uint8Array,
  ): number {
    const { bytes, used: offset } = this;
    const start = offset + HEADER_BYTE_LENGTH;
    // The Packet Identifier is given when the message is sent; until then any valid one stands there.
    const payloadStart = writePublishHeader(bytes, start, topic, payload.length, QoS, retain, false, 1);
    bytes.set(payload, payloadStart);
    let end = payloadStart + payload.length;
    if (properties) {
      bytes.set(properties, end);
      end += properties.length;
    }
    writeNumber(bytes, offset, end - offset);
    writeNumber(bytes, offset + TOKEN, token);
    bytes[offset + IDENTIFIER] = 0;
    bytes[offset + IDENTIFIER + 1] = 0;
    bytes[offset + DELIVERY] = delivery;
    bytes[offset + STATE] = WAITING;
    this.used = end;
    this.count += 1;
    return offset;
  }

  /** Removes a record; those behind it move to its place. */
  remove(offset: number): void {
    const { bytes, used } = this;
    const end = this.next(offset);
    bytes.copyWithin(offset, end, used);
    this.used = used - (end - offset);
    this.count -= 1;
    this.removals += 1;
  }

  /** Offset of the record behind; `used` after the last. */
  next(offset: number): number {
    return offset + readNumber(this.bytes, offset);
  }

  /** Offset of the record with this token, or -1. */
  findToken(token: number): number {
    for (let offset = 0; offset < this.used; offset = this.next(offset))
      if (this.token(offset) === token) return offset;
    return -1;
  }

  /** Offset of the record with this Packet Identifier, or -1. */
  findIdentifier(packetIdentifier: number): number {
    for (let offset = 0; offset < this.used; offset = this.next(offset))
      if (this.identifier(offset) === packetIdentifier) return offset;
    return -1;
  }

  token(offset: number): number {
    return readNumber(this.bytes, offset + TOKEN);
  }

  state(offset: number): number {
    return this.bytes[offset + STATE]!;
  }

  setState(offset: number, state: number): void {
    this.bytes[offset + STATE] = state;
  }

  /** Delivery class. */
  delivery(offset: number): number {
    return this.bytes[offset + DELIVERY]! & ~EXPIRED;
  }

  isExpired(offset: number): boolean {
    return (this.bytes[offset + DELIVERY]! & EXPIRED) !== 0;
  }

  setExpired(offset: number): void {
    this.bytes[offset + DELIVERY]! |= EXPIRED;
  }

  /** 0 before the message is sent for the first time, and at QoS 0. */
  identifier(offset: number): number {
    return (this.bytes[offset + IDENTIFIER]! << 8) | this.bytes[offset + IDENTIFIER + 1]!;
  }

  /** Gives the message its Packet Identifier, in the packet too; 0 takes it away. Only at QoS 1 and 2. */
  setIdentifier(offset: number, packetIdentifier: number): void {
    const { bytes } = this;
    bytes[offset + IDENTIFIER] = packetIdentifier >> 8;
    bytes[offset + IDENTIFIER + 1] = packetIdentifier;
    const start = topicStart(bytes, offset);
    const place = start + 2 + topicByteLength(bytes, start);
    bytes[place] = packetIdentifier >> 8;
    bytes[place + 1] = packetIdentifier;
  }

  QoS(offset: number): number {
    return (this.bytes[offset + HEADER_BYTE_LENGTH]! >> 1) & 3;
  }

  /** Sets or clears DUP. */
  setDuplicate(offset: number, duplicate: boolean): void {
    const place = offset + HEADER_BYTE_LENGTH;
    if (duplicate) this.bytes[place]! |= 8;
    else this.bytes[place]! &= ~8;
  }

  /** Where the packet begins; it ends where the next record begins. */
  packetStart(offset: number): number {
    return offset + HEADER_BYTE_LENGTH;
  }

  /** Where the packet ends, and its properties begin. */
  packetEnd(offset: number): number {
    const { bytes } = this;
    let place = offset + HEADER_BYTE_LENGTH + 1;
    let remainingLength = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[place++]!;
      remainingLength |= (byte & 0x7f) << shift;
      if (byte < 0x80) return place + remainingLength;
    }
  }

  /** Where the topic stands in the packet, its two bytes of length first. */
  topicStart(offset: number): number {
    return topicStart(this.bytes, offset);
  }

  topic(offset: number): string {
    const { bytes } = this;
    const start = topicStart(bytes, offset);
    return decodeString(bytes, start + 2, start + 2 + topicByteLength(bytes, start));
  }

  /** Whether the message is of the prefixed Topic Name that stands in `topic` from `start` on. */
  isTopic(offset: number, topic: Uint8Array, start: number = 0): boolean {
    const { bytes } = this;
    const own = topicStart(bytes, offset);
    const byteLength = 2 + topicByteLength(bytes, own);
    for (let index = 0; index < byteLength; index++)
      if (bytes[own + index] !== topic[start + index]) return false;
    return true;
  }

  /** Whether the records at both offsets are of one topic. */
  haveSameTopic(offset: number, other: number): boolean {
    return this.isTopic(offset, this.bytes, topicStart(this.bytes, other));
  }
}

/** Offset of the topic with its length in the packet of a record. */
function topicStart(bytes: Uint8Array, offset: number): number {
  let place = offset + HEADER_BYTE_LENGTH + 1;
  while (bytes[place]! > 0x7f) place += 1;
  return place + 1;
}

/** Of the topic at `start`, without its length. */
function topicByteLength(bytes: Uint8Array, start: number): number {
  return (bytes[start]! << 8) | bytes[start + 1]!;
}

export function writeNumber(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

export function readNumber(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>>
    0
  );
}
