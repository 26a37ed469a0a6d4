import type { EventKey } from "./record";

/** Events remembered a topic, and topics. */
const EVENTS = 1_000;
const TOPICS = 1_000;

/** Which motion events have arrived, the latest of each topic; bounded. */
export class SeenEvents {
  readonly #topics = new Map<string, Map<string, number>>();

  /** When such an event arrived, ms since 1970. */
  timeOf(topic: string, key: string): number | undefined {
    return this.#topics.get(topic)?.get(key);
  }

  add({ topic, key, time, begins }: EventKey): void {
    const known = begins ? undefined : this.#topics.get(topic);
    const events = known ?? new Map<string, number>();
    // Set anew, so that the oldest comes first.
    this.#topics.delete(topic);
    this.#topics.set(topic, events);
    events.delete(key);
    events.set(key, time);
    trim(events, EVENTS);
    trim(this.#topics, TOPICS);
  }

  *keys(): Generator<EventKey> {
    for (const [topic, events] of this.#topics) for (const [key, time] of events) yield { topic, key, time };
  }
}

function trim(map: Map<string, unknown>, limit: number): void {
  if (map.size <= limit) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
