import { encodeTopicName } from "../../mqtt/topic";

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
    this.add(topic, bytes);
    return bytes;
  }

  /** Puts a topic in the place of the oldest. */
  add(topic: string, bytes: Uint8Array): void {
    this.topics[this.next] = topic;
    this.encoded[this.next] = bytes;
    this.next = (this.next + 1) % LIMIT;
  }
}
