/** What is remembered of a delivery. */
export interface Delivery {
  readonly packet: number;
  /** The device; of messages on other topics, the topic. */
  readonly source: string;
  /** The value; of messages that are no numbers, the payload as incidents show it. */
  readonly content: string;
}

interface Remembered extends Delivery {
  /** Counts connections; those of an earlier process are 0. */
  readonly connection: number;
  /** Counts deliveries. */
  readonly index: number;
}

/**
 * Deliveries that may come again: at most the broker's window of unacknowledged messages, which is 20 with mosquitto and the
 * Receive Maximum with MQTT 5.0.
 */
export const REMEMBERED_DELIVERIES = 1_024;

/** So few say nothing about a broker's Packet Identifiers. */
const FEW = 8;
/** Of those that come again without DUP on another connection. */
const UNMARKED_DELIVERIES = 256;
/** The beginning of a connection is over when so many messages in turn were new. */
const BEGINNING = 64;

/**
 * Tells messages that come a second time from new ones. QoS 1 is "at least once": what was committed, but whose PUBACK did not
 * reach the broker, comes again when the session goes on. Payloads are plain numbers, so nothing in a message names it; but a
 * broker resends with the same Packet Identifier [MQTT-4.4.0-1].
 *
 * A message is a redelivery when one of the last 1,024 of the session had the same Packet Identifier, device and value, and one of
 * - the DUP flag is set;
 * - it came on this connection;
 * - it came on an earlier one, and this one has just begun. Aedes sets no DUP, resends on its own, and counts from a new random
 *   number on each connection; so this is limited to the last 256 messages and to the beginning.
 *
 * An identifier may be used anew as soon as it is acknowledged, for the same value too. In doubt a reading is kept twice rather than
 * lost: where identifiers are seen to come back soon, nothing is taken for a redelivery. (mosquitto, EMQX, RabbitMQ and Aedes count
 * up to 65,535 first.)
 */
export class Redeliveries {
  /** By arrival, the oldest first. */
  #recent: Remembered[];
  /** The last of each Packet Identifier. */
  #byPacket: Map<number, Remembered> = new Map();
  #index = 0;
  #connection = 0;
  /** New messages in turn until the beginning is over. */
  #beginning = 0;

  /** @param recent - the last deliveries that were committed, the oldest first */
  constructor(recent: readonly Delivery[] = []) {
    this.#recent = recent.map((delivery) => ({ ...delivery, connection: 0, index: this.#index++ }));
    this.#forget();
  }

  /** A connection begins. Without a session nothing comes again, and identifiers mean nothing any more. */
  connected(sessionPresent: boolean): void {
    if (!sessionPresent) this.#recent = [];
    this.#forget();
    this.#connection += 1;
    this.#beginning = BEGINNING;
  }

  /** Notes a delivery. @returns whether it is one that came before */
  isRedelivery(delivery: Delivery, duplicate: boolean): boolean {
    const earlier = this.#byPacket.get(delivery.packet);
    if (earlier && isSame(earlier, delivery) && this.#mayComeAgain(earlier, duplicate)) {
      if (this.#beginning > 0) this.#beginning = BEGINNING;
      return true;
    }
    this.#beginning = Math.max(0, this.#beginning - 1);
    const remembered = { ...delivery, connection: this.#connection, index: this.#index++ };
    this.#recent.push(remembered);
    this.#byPacket.set(delivery.packet, remembered);
    if (this.#recent.length >= 2 * REMEMBERED_DELIVERIES) this.#forget();
    return false;
  }

  #mayComeAgain({ connection, index }: Remembered, duplicate: boolean): boolean {
    const age = this.#index - index;
    if (age > REMEMBERED_DELIVERIES) return false;
    const isFew = this.#recent.length < FEW;
    if (duplicate) return isFew || this.#countsUp();
    if (isFew || !this.#countsUp()) return false;
    return connection === this.#connection || (this.#beginning > 0 && age <= UNMARKED_DELIVERIES);
  }

  /** Where identifiers were used anew at once, few different ones would be among the last. */
  #countsUp(): boolean {
    const latest = this.#recent.slice(-REMEMBERED_DELIVERIES);
    return new Set(latest.map(({ packet }) => packet)).size * 4 >= latest.length * 3;
  }

  #forget(): void {
    this.#recent = this.#recent.slice(-REMEMBERED_DELIVERIES);
    this.#byPacket = new Map(this.#recent.map((delivery) => [delivery.packet, delivery]));
  }
}

function isSame(one: Delivery, other: Delivery): boolean {
  return one.source === other.source && one.content === other.content;
}
