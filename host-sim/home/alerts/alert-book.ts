import type { Alert, Delivery, DeviceState, JournalRecord, Raised, Subscription } from "./record";
import { SeenEvents } from "./seen-events";

/** An alert in the log, with all its deliveries. */
export interface AlertEntry {
  readonly alert: Alert;
  readonly deliveries: readonly Delivery[];
}

interface MutableEntry {
  readonly alert: Alert;
  readonly deliveries: Map<string, Delivery>;
}

/** Alerts kept for the log page when nothing waits any more. */
const LOG_LENGTH = 1_000;
/** They are thrown away in groups: looking for the oldest costs a walk. */
const LOG_SLACK = 250;
/** Longer than any cool-down, ms. */
const COOL_DOWN_MEMORY = 7 * 24 * 3_600_000;

/**
 * All that the service knows: alerts and their deliveries, subscriptions, devices, QoS 2 exchanges that go on. It changes only by
 * records, so that what a journal holds makes the same book again. No clock, no I/O.
 */
export class AlertBook {
  readonly #entries = new Map<string, MutableEntry>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #devices = new Map<string, DeviceState>();
  /** Packet identifiers between PUBLISH and PUBREL, with the digest of their message. */
  readonly #unreleased = new Map<number, string>();
  readonly #lastRaised = new Map<string, number>();
  readonly #seen = new SeenEvents();
  #clientIdentifier: string | undefined;
  #waiting = 0;
  #settled = 0;

  apply(record: JournalRecord): void {
    switch (record.type) {
      case "client":
        this.#clientIdentifier = record.id;
        break;
      case "received":
        this.#unreleased.set(record.packetIdentifier, record.digest);
        if (record.key) this.#seen.add(record.key);
        if (record.raised) this.#raise(record.raised);
        break;
      case "released":
        this.#unreleased.delete(record.packetIdentifier);
        break;
      case "sessionLost":
        this.#unreleased.clear();
        break;
      case "raised":
        this.#raise(record.raised);
        break;
      case "device":
        this.#setDevice(record.device, record.state);
        break;
      case "deviceRaised":
        this.#setDevice(record.device, record.state);
        this.#raise(record.raised);
        break;
      default:
        this.#applyDelivery(record);
    }
  }

  /** The fewest records that make this book. */
  snapshot(): JournalRecord[] {
    const records: JournalRecord[] = [];
    if (this.#clientIdentifier !== undefined) records.push({ type: "client", id: this.#clientIdentifier });
    for (const subscription of this.#subscriptions.values())
      records.push({ type: "subscribed", subscription });
    for (const [device, state] of this.#devices) records.push({ type: "device", device, state });
    for (const { alert, deliveries } of this.#entries.values())
      records.push({ type: "entry", alert, deliveries: [...deliveries.values()] });
    const newest = Math.max(0, ...this.#lastRaised.values());
    for (const [subject, time] of this.#lastRaised)
      if (time > newest - COOL_DOWN_MEMORY) records.push({ type: "lastRaised", subject, time });
    for (const key of this.#seen.keys()) records.push({ type: "seen", key });
    for (const [packetIdentifier, digest] of this.#unreleased)
      records.push({ type: "received", packetIdentifier, digest });
    return records;
  }

  /** Of the session that the broker keeps. */
  get clientIdentifier(): string | undefined {
    return this.#clientIdentifier;
  }

  /** The digest of the message with this packet identifier, from its PUBLISH to its PUBREL. */
  unreleased(packetIdentifier: number): string | undefined {
    return this.#unreleased.get(packetIdentifier);
  }

  /** When such a motion event arrived, ms since 1970. */
  seenAt(topic: string, key: string): number | undefined {
    return this.#seen.timeOf(topic, key);
  }

  /** When an alert of this kind was last raised for this device and not suppressed, ms since 1970. */
  lastRaised(kind: string, device: string): number | undefined {
    return this.#lastRaised.get(subjectOf(kind, device));
  }

  device(device: string): DeviceState {
    return this.#devices.get(device) ?? {};
  }

  get devices(): ReadonlyMap<string, DeviceState> {
    return this.#devices;
  }

  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions;
  }

  /** Deliveries that are neither sent nor failed. */
  get waiting(): number {
    return this.#waiting;
  }

  alert(id: string): Alert | undefined {
    return this.#entries.get(id)?.alert;
  }

  delivery(alert: string, target: string): Delivery | undefined {
    return this.#entries.get(alert)?.deliveries.get(target);
  }

  /** The latest first. */
  latest(count: number): AlertEntry[] {
    const entries = [...this.#entries.values()].slice(-count).reverse();
    return entries.map(({ alert, deliveries }) => ({ alert, deliveries: [...deliveries.values()] }));
  }

  /** What still has to be sent, the oldest first. */
  *undelivered(): Generator<{ readonly alert: Alert; readonly delivery: Delivery }> {
    for (const { alert, deliveries } of this.#entries.values())
      for (const delivery of deliveries.values()) if (delivery.state === "waiting") yield { alert, delivery };
  }

  #applyDelivery(
    record: Exclude<
      JournalRecord,
      { type: "client" | "received" | "released" | "sessionLost" | "raised" | "device" | "deviceRaised" }
    >,
  ): void {
    switch (record.type) {
      case "attempt":
        this.#change(record.alert, record.target, (delivery) => ({
          ...delivery,
          attempts: delivery.attempts + 1,
          open: true,
          time: record.time,
        }));
        break;
      case "result":
        this.#change(record.alert, record.target, ({ target, attempts }) => ({
          target,
          attempts,
          open: false,
          state: record.result === "retry" ? "waiting" : record.result,
          time: record.time,
          ...(record.reason === undefined ? {} : { reason: record.reason }),
          ...(record.notBefore === undefined ? {} : { notBefore: record.notBefore }),
        }));
        break;
      case "subscribed":
        this.#subscriptions.set(record.subscription.id, record.subscription);
        break;
      case "unsubscribed":
        this.#subscriptions.delete(record.id);
        break;
      case "entry":
        this.#add(record.alert, record.deliveries);
        break;
      case "lastRaised":
        this.#lastRaised.set(record.subject, record.time);
        break;
      case "seen":
        this.#seen.add(record.key);
        break;
    }
  }

  /** A device of which there is nothing to say is not kept. */
  #setDevice(device: string, state: DeviceState): void {
    if (Object.keys(state).length === 0) this.#devices.delete(device);
    else this.#devices.set(device, state);
  }

  #raise({ alert, targets }: Raised): void {
    if (alert.suppressed === undefined) this.#lastRaised.set(subjectOf(alert.kind, alert.device), alert.time);
    const delivery = { state: "waiting", attempts: 0, open: false, time: alert.time } as const;
    this.#add(
      alert,
      targets.map((target) => ({ target, ...delivery })),
    );
  }

  #add(alert: Alert, deliveries: readonly Delivery[]): void {
    const waiting = deliveries.filter(({ state }) => state === "waiting").length;
    this.#entries.set(alert.id, {
      alert,
      deliveries: new Map(deliveries.map((delivery) => [delivery.target, delivery])),
    });
    this.#waiting += waiting;
    if (waiting === 0) this.#settle();
  }

  #change(alert: string, target: string, change: (delivery: Delivery) => Delivery): void {
    const entry = this.#entries.get(alert);
    const delivery = entry?.deliveries.get(target);
    if (!entry || !delivery || delivery.state !== "waiting") return;
    const changed = change(delivery);
    entry.deliveries.set(target, changed);
    if (changed.state === "waiting") return;
    this.#waiting -= 1;
    if (isSettled(entry)) this.#settle();
  }

  /** One more alert has nothing to wait for. */
  #settle(): void {
    this.#settled += 1;
    if (this.#settled <= LOG_LENGTH + LOG_SLACK) return;
    for (const [id, entry] of this.#entries) {
      if (this.#settled <= LOG_LENGTH) break;
      if (!isSettled(entry)) continue;
      this.#entries.delete(id);
      this.#settled -= 1;
    }
  }
}

function isSettled({ deliveries }: MutableEntry): boolean {
  for (const { state } of deliveries.values()) if (state === "waiting") return false;
  return true;
}

function subjectOf(kind: string, device: string): string {
  return `${kind} ${device}`;
}
