/** What is remembered of a delivery. */
export interface Delivery {
  readonly packet: number;
  /** The device; of messages on other topics, the topic. */
  readonly source: string;
  /** The value; of messages that are no numbers, the payload as incidents show it. */
  readonly content: string;
}

/**
 * Deliveries that may come again: at most the broker's window of unacknowledged messages, which is 20 with mosquitto and the
 * Receive Maximum with MQTT 5.0.
 */
export const REMEMBERED_DELIVERIES = 1_024;

/** So many different Packet Identifiers in turn: this broker counts up. */
const COUNTS_UP = 8;
/** Of those that come again without DUP. */
const UNMARKED_DELIVERIES = 256;
/** The beginning is over when so many messages in turn were new. */
const BEGINNING = 64;

/**
 * Tells messages that come a second time from new ones. QoS 1 is "at least once": what was committed, but whose PUBACK did not
 * reach the broker, comes again when the session goes on. Payloads are plain numbers, so nothing in a message names it; but a
 * broker resends with the same Packet Identifier [MQTT-4.4.0-1].
 *
 * A message is a redelivery when the broker resumed the session, and one of the last 1,024 deliveries before this connection had
 * the same Packet Identifier, device and value. Two doubts remain, both decided for keeping a reading rather than losing one:
 * - An identifier may be used anew as soon as it is acknowledged. Where one occurs twice among those 1,024, the broker does that,
 *   and nothing is taken for a redelivery. (mosquitto, EMQX, RabbitMQ and Aedes count up to 65,535 first.)
 * - Without the DUP flag (Aedes sends none, and mixes what it resends with new messages) only messages at the beginning of a
 *   connection are redeliveries, of the last 256, and only where enough deliveries have shown that the broker counts up.
 */
export class Redeliveries {
  /** By arrival, the oldest first. */
  #recent: Delivery[];
  /** Before this connection, by Packet Identifier. */
  #candidates: Map<number, Delivery> = new Map();
  /** Of those the ones that may come without DUP. */
  #unmarked: Set<Delivery> = new Set();
  /** New messages in turn until the beginning is over. */
  #beginning = 0;

  /** @param recent - the last deliveries that were committed, the oldest first */
  constructor(recent: readonly Delivery[] = []) {
    this.#recent = recent.slice(-REMEMBERED_DELIVERIES);
  }

  /** A connection begins. Without a session nothing comes again, and identifiers mean nothing any more. */
  connected(sessionPresent: boolean): void {
    if (!sessionPresent) this.#recent = [];
    const latest = this.#recent.slice(-REMEMBERED_DELIVERIES);
    this.#recent = latest;
    this.#candidates = new Map(latest.map((delivery) => [delivery.packet, delivery]));
    if (this.#candidates.size < latest.length) this.#candidates.clear();
    this.#unmarked = new Set(latest.slice(-UNMARKED_DELIVERIES));
    this.#beginning = latest.length >= COUNTS_UP ? BEGINNING : 0;
  }

  /** Notes a delivery. @returns whether it is one that came before */
  isRedelivery(delivery: Delivery, duplicate: boolean): boolean {
    const earlier = this.#candidates.get(delivery.packet);
    this.#candidates.delete(delivery.packet);
    if (earlier && isSame(earlier, delivery) && (duplicate || this.#mayBeUnmarked(earlier))) {
      if (this.#beginning > 0) this.#beginning = BEGINNING;
      return true;
    }
    this.#beginning = Math.max(0, this.#beginning - 1);
    this.#recent.push(delivery);
    if (this.#recent.length >= 2 * REMEMBERED_DELIVERIES)
      this.#recent = this.#recent.slice(-REMEMBERED_DELIVERIES);
    return false;
  }

  #mayBeUnmarked(earlier: Delivery): boolean {
    return this.#beginning > 0 && this.#unmarked.has(earlier);
  }
}

function isSame(one: Delivery, other: Delivery): boolean {
  return one.source === other.source && one.content === other.content;
}
