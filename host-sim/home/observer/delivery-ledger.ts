import { createHash } from "node:crypto";
import { matches } from "../../../device/mqtt/topic";
import { WATCHED_TOPICS } from "./watcher";

/** One message that a device has put on the wire; retransmissions belong to the same one. */
export interface Publication {
  readonly device: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly QoS: number;
  readonly retain: boolean;
}

interface Entry {
  readonly publication: Publication;
  readonly key: string;
  acknowledged: boolean;
  seen: boolean;
}

/**
 * Holds what devices published against what the independent subscriber saw, and so tells what was lost.
 *
 * A message counts as lost when the broker has acknowledged it (PUBACK, PUBCOMP: from there on the broker answers for
 * it) and the subscriber never saw it. What was not acknowledged is still the device's to send again, so it is
 * not lost; QoS 0 promises nothing and is not followed. Nor is what the subscriber has not asked for, as Home Assistant's discovery.
 *
 * MQTT carries no identity from end to end, so messages are matched by topic and payload, as a multiset: what the
 * subscriber sees belongs to the oldest unseen publication of the same topic and payload. Hence
 * - a message delivered twice (QoS 1, after a retransmission) is one publication and one surplus copy, which is ignored
 *   unless a later equal publication is on its way; only among *equal* messages can a surplus copy hide a loss, and
 *   there the subscriber has the same content all the same;
 * - a retained copy (RETAIN 1, sent when the subscriber subscribes anew) is the last message of its topic: it can be
 *   the first sight of that one publication, never of an earlier one with an equal payload;
 * - the subscriber may see a message before its acknowledgement reaches the device, or after: the order is free.
 */
export class DeliveryLedger {
  /** Open entries: not acknowledged yet, or not seen yet. */
  readonly #open = new Map<string, Entry[]>();
  readonly #latest = new Map<string, Entry>();
  readonly #entries = new WeakMap<Publication, Entry>();
  readonly #topicFilter: string;
  #onSettled: (() => void) | undefined;

  /** @param topicFilter - what the subscriber subscribes to */
  constructor(topicFilter: string = WATCHED_TOPICS) {
    this.#topicFilter = topicFilter;
  }

  /** A device has put `publication` on the wire for the first time. */
  published(publication: Publication): void {
    if (!matches(this.#topicFilter, publication.topic)) return;
    const key = contentKey(publication.topic, publication.payload);
    const entry: Entry = { publication, key, acknowledged: false, seen: false };
    this.#entries.set(publication, entry);
    if (publication.retain) this.#latest.set(publication.topic, entry);
    if (publication.QoS === 0) return;
    const entries = this.#open.get(key);
    if (entries) entries.push(entry);
    else this.#open.set(key, [entry]);
  }

  /** The broker's PUBACK or PUBCOMP for `publication` has reached the device. */
  acknowledged(publication: Publication): void {
    const entry = this.#entries.get(publication);
    if (!entry) return;
    entry.acknowledged = true;
    this.#release(entry);
  }

  /**
   * The subscriber has received a message.
   * @param retain - the RETAIN flag it came with: 1 is a copy that the broker kept, 0 one on its way
   * @returns whether it counts as received: a kept copy of what was seen before, or of another run, does not
   */
  received(topic: string, payload: Uint8Array, retain: boolean): boolean {
    const key = contentKey(topic, payload);
    if (retain) {
      const latest = this.#latest.get(topic);
      if (latest === undefined || latest.key !== key || latest.seen) return false;
      this.#see(latest);
      return true;
    }
    const entry = this.#open.get(key)?.find((candidate) => !candidate.seen);
    if (entry) this.#see(entry);
    else this.#seeLatest(topic, key);
    return true;
  }

  /** What the broker has acknowledged and the subscriber has not seen so far. */
  get lost(): Publication[] {
    const lost: Publication[] = [];
    for (const entries of this.#open.values())
      for (const entry of entries) if (entry.acknowledged) lost.push(entry.publication);
    return lost;
  }

  /** Resolves when nothing is missing, or after `timeout` ms: the last messages may still be under way. */
  settled(timeout: number): Promise<void> {
    if (this.lost.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, timeout);
      this.#onSettled = () => {
        if (this.lost.length === 0) done();
      };
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }

  /** A retained publication at QoS 0 stands only in `#latest`. */
  #seeLatest(topic: string, key: string): void {
    const latest = this.#latest.get(topic);
    if (latest?.key === key) latest.seen = true;
  }

  #see(entry: Entry): void {
    entry.seen = true;
    this.#release(entry);
    this.#onSettled?.();
  }

  #release(entry: Entry): void {
    if (!entry.acknowledged || !entry.seen) return;
    const entries = this.#open.get(entry.key);
    const at = entries?.indexOf(entry) ?? -1;
    if (!entries || at < 0) return;
    entries.splice(at, 1);
    if (entries.length === 0) this.#open.delete(entry.key);
  }
}

/** Large payloads are pictures: their digest stands for them. */
function contentKey(topic: string, payload: Uint8Array): string {
  const content =
    payload.byteLength <= 64
      ? Buffer.from(payload).toString("latin1")
      : createHash("sha256").update(payload).digest("base64");
  return `${topic}\0${payload.byteLength}\0${content}`;
}
