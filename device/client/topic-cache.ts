import { encodeTopicName } from "../mqtt/topic";
import { decodeString } from "../mqtt/utf8-string";

/** A device has a handful of topics. */
const LIMIT = 8;

/** Encodings of the topics last used: encoding one costs XS 176 bytes of garbage a message. */
export class TopicCache {
  /** @internal */ readonly topics: string[];
  /** @internal */ readonly encoded: Uint8Array[];
  /** @internal where the next goes */
  next: number;

  constructor() {
    this.topics = [];
    this.encoded = [];
    this.next = 0;
  }

  /**
   * The Topic Name with its two-byte length.
   * @throws {MQTTError} INVALID_TOPIC
   */
  encode(topic: string): Uint8Array {
    const known = this.topics.indexOf(topic);
    if (known >= 0) return this.encoded[known]!;
    const bytes = encodeTopicName(topic);
    add(this, topic, bytes);
    return bytes;
  }

  /** The topic bytes[start, start + byteLength), two-byte length included, in an array that stays: known, or copied. */
  keep(bytes: Uint8Array, start: number, byteLength: number): Uint8Array {
    const { encoded } = this;
    for (let index = 0; index < encoded.length; index++)
      if (equals(encoded[index]!, bytes, start, byteLength)) return encoded[index]!;
    const copy = bytes.slice(start, start + byteLength);
    add(this, decodeString(copy, 2, byteLength), copy);
    return copy;
  }
}

function add(cache: TopicCache, topic: string, bytes: Uint8Array): void {
  cache.topics[cache.next] = topic;
  cache.encoded[cache.next] = bytes;
  cache.next = (cache.next + 1) % LIMIT;
}

function equals(known: Uint8Array, bytes: Uint8Array, start: number, byteLength: number): boolean {
  let index = known.length;
  if (index !== byteLength) return false;
  while (--index >= 0) if (known[index] !== bytes[start + index]) return false;
  return true;
}
