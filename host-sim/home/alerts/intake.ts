import { createHash, randomBytes } from "node:crypto";
import type { IPublishPacket } from "mqtt";
import type { Clock, ScheduledCallback } from "../../clock/clock";
import type { AlertEvent } from "./alert-event";
import type { AlertStore } from "./alert-store";
import { type MotionEvent, readMotionEvent, readTemperature, readTopic } from "./event-reader";
import type { IncomingMessages } from "./incoming-store";
import { describeDuration, type Judge } from "./judge";
import type { Alert, AlertKind, DeviceState, EventKey, Raised } from "./record";

export interface IntakeOptions {
  readonly store: Pick<AlertStore, "book" | "commit" | "durable">;
  readonly judge: Judge;
  readonly clock: Clock;
  /** Whom a new alert goes to. */
  targets(): readonly string[];
  /** An alert is in the book and goes to these. */
  onRaised(alert: Alert, targets: readonly string[]): void;
  onEvent(event: AlertEvent): void;
}

/**
 * A motion event that carries only a sequence number is recognised for so long, ms. A camera counts from 1 at each start, so the same
 * number later may be another event; and an alert too many is better than one too few.
 */
const SEQUENCE_MEMORY = 120_000;

/** Devices that are offline, or outside the band, at a time. */
const MAXIMUM_DEVICES = 10_000;

/** Turns messages into alerts, and remembers in the same record what makes each message count once. */
export class Intake implements IncomingMessages {
  readonly #options: IntakeOptions;
  /** Devices that are offline and have not been told of. */
  readonly #timers = new Map<string, ScheduledCallback>();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes up the outages that lasted when the service ended. */
  start(): void {
    for (const [device, state] of this.#options.store.book.devices) this.#watchOutage(device, state);
  }

  stop(): void {
    for (const timer of this.#timers.values()) this.#options.clock.cancel(timer);
    this.#timers.clear();
  }

  /**
   * A QoS 2 message: a camera's event. Its packet identifier and what became of it are one record. The same identifier before PUBREL is
   * the same message [MQTT-4.3.3]; one with other content comes from a broker that has lost its memory, and is new.
   */
  publish(packet: IPublishPacket): void {
    const { book, commit } = this.#store();
    const packetIdentifier = packet.messageId ?? 0;
    const digest = digestOf(packet);
    if (book.unreleased(packetIdentifier) === digest) return;
    const { key, raised } = this.#readCamera(packet);
    commit({ type: "received", packetIdentifier, digest, key, raised });
    if (raised) this.#tell(raised);
  }

  isUnreleased(packetIdentifier: number): boolean {
    return this.#options.store.book.unreleased(packetIdentifier) !== undefined;
  }

  release(packetIdentifier: number): void {
    if (this.isUnreleased(packetIdentifier)) this.#store().commit({ type: "released", packetIdentifier });
  }

  sessionLost(): void {
    this.#store().commit({ type: "sessionLost" });
  }

  /** A message of QoS 0 or 1; a camera's too, if the broker has lowered its QoS. */
  message(packet: IPublishPacket): void {
    const subject = readTopic(packet.topic);
    if (!subject) return;
    const { device } = subject;
    if (subject.kind === "status") this.#status(device, bytesOf(packet));
    else if (subject.kind === "temperature") this.#temperature(device, packet);
    else {
      const { key, raised } = this.#readCamera(packet);
      // Committed together, so they are on disk together.
      if (key) this.#store().commit({ type: "seen", key });
      if (raised) this.#store().commit({ type: "raised", raised });
      if (raised) this.#tell(raised);
    }
  }

  /** Raises an alert by hand, to try the way to the phone. */
  test(): Alert {
    const raised = this.#raise("test", "thimble", "Test alert", "This is how an alert arrives.");
    this.#store().commit({ type: "raised", raised });
    this.#tell(raised);
    return raised.alert;
  }

  #readCamera(packet: IPublishPacket): { key?: EventKey; raised?: Raised } {
    const { topic } = packet;
    const { clock, onEvent, judge } = this.#options;
    const time = clock.date();
    const device = readTopic(topic)?.device;
    const event = readEvent(device, packet);
    if (device === undefined || typeof event === "string") {
      onEvent({ event: "refused", time, topic, reason: event as string });
      return {};
    }
    const { sequence } = event;
    if (this.#isDuplicate(topic, event, time)) {
      onEvent({ event: "duplicate", time, topic, ...(sequence === undefined ? {} : { sequence }) });
      return {};
    }
    const begins = !event.isUnique && sequence === 1;
    const key = event.key === undefined ? undefined : { topic, key: event.key, time, begins };
    if (!judge.watches("motion", device)) return key ? { key } : {};
    const text =
      sequence === undefined ? `${device} saw motion.` : `${device} saw motion, event ${sequence}.`;
    const raised = this.#raise("motion", device, `Motion at ${device}`, text, sequence);
    return key ? { key, raised } : { raised };
  }

  #isDuplicate(topic: string, { key, isUnique, sequence }: MotionEvent, time: number): boolean {
    const seen = key === undefined ? undefined : this.#options.store.book.seenAt(topic, key);
    if (seen === undefined) return false;
    return isUnique || (sequence !== 1 && Math.abs(time - seen) < SEQUENCE_MEMORY);
  }

  #status(device: string, payload: Uint8Array): void {
    const { store, clock } = this.#options;
    const text = Buffer.from(payload).toString("latin1");
    const state = store.book.device(device);
    if (text === "offline" && state.offlineSince === undefined && this.#mayWatch("offline", device)) {
      const next = { ...state, offlineSince: clock.date() };
      store.commit({ type: "device", device, state: next });
      this.#watchOutage(device, next);
    } else if (text === "online" && state.offlineSince !== undefined) this.#online(device, state);
  }

  /** Whoever may publish could make up devices without end. */
  #mayWatch(kind: "offline" | "temperature", device: string): boolean {
    const { judge, store } = this.#options;
    const { devices } = store.book;
    return judge.watches(kind, device) && (devices.has(device) || devices.size < MAXIMUM_DEVICES);
  }

  #watchOutage(device: string, state: DeviceState): void {
    const { judge, clock } = this.#options;
    if (state.offlineSince === undefined || state.offlineRaised || !judge.watches("offline", device)) return;
    const wait = state.offlineSince + judge.offlineAfter - clock.date();
    clock.cancel(this.#timers.get(device));
    // A timer of Node takes 24 days at most.
    const timer = clock.schedule(() => this.#offline(device), Math.min(Math.max(0, wait), 2 ** 31 - 1));
    this.#timers.set(device, timer);
  }

  #offline(device: string): void {
    this.#timers.delete(device);
    const state = this.#options.store.book.device(device);
    if (state.offlineSince === undefined || state.offlineRaised) return;
    const since = describeDuration(this.#options.judge.offlineAfter);
    const raised = this.#raise(
      "offline",
      device,
      `${device} is offline`,
      `${device} has been offline for ${since}.`,
    );
    const offlineRaised = raised.alert.suppressed === undefined ? "sent" : "suppressed";
    this.#raiseWith(device, { ...state, offlineRaised }, raised);
  }

  #online(device: string, { outside, offlineSince, offlineRaised }: DeviceState): void {
    const { store, clock } = this.#options;
    clock.cancel(this.#timers.get(device));
    this.#timers.delete(device);
    const state = outside === undefined ? {} : { outside };
    if (offlineRaised !== "sent") {
      store.commit({ type: "device", device, state });
      return;
    }
    const minutes = Math.max(1, Math.round((clock.date() - (offlineSince ?? 0)) / 60_000));
    const raised = this.#raise(
      "online",
      device,
      `${device} is back`,
      `${device} is online again, after ${minutes} min.`,
    );
    this.#raiseWith(device, state, raised);
  }

  #temperature(device: string, packet: IPublishPacket): void {
    const { store, judge, clock, onEvent } = this.#options;
    if (!this.#mayWatch("temperature", device)) return;
    const celsius = readTemperature(bytesOf(packet));
    if (celsius === undefined) {
      onEvent({
        event: "refused",
        time: clock.date(),
        topic: packet.topic,
        reason: "it is not a temperature",
      });
      return;
    }
    const state = store.book.device(device);
    const { outside, left } = judge.temperature(state, celsius);
    if (outside === state.outside && left === undefined) return;
    const { outside: _, ...rest } = state;
    const next = outside === undefined ? rest : { ...rest, outside };
    if (left === undefined) {
      store.commit({ type: "device", device, state: next });
      return;
    }
    const what = left === "low" ? "too low" : "too high";
    const title = `${device}: ${celsius.toFixed(1)} °C`;
    const raised = this.#raise(
      "temperature",
      device,
      title,
      `${celsius.toFixed(1)} °C at ${device} is ${what}.`,
    );
    this.#raiseWith(device, next, raised);
  }

  #raiseWith(device: string, state: DeviceState, raised: Raised): void {
    this.#store().commit({ type: "deviceRaised", device, state, raised });
    this.#tell(raised);
  }

  #raise(kind: AlertKind, device: string, title: string, text: string, sequence?: number): Raised {
    const { judge, clock, targets } = this.#options;
    const time = clock.date();
    const suppressed = judge.suppression({ kind, device, time });
    const alert: Alert = {
      id: randomBytes(16).toString("base64url"),
      time,
      kind,
      device,
      title,
      text,
      ...(sequence === undefined ? {} : { sequence }),
      ...(suppressed === undefined ? {} : { suppressed }),
    };
    return { alert, targets: suppressed === undefined ? targets() : [] };
  }

  #tell({ alert, targets }: Raised): void {
    const { onEvent, onRaised } = this.#options;
    const { time, id, kind, device, title, suppressed: rule } = alert;
    const sequence = alert.sequence === undefined ? {} : { sequence: alert.sequence };
    onRaised(alert, targets);
    // Told when it is on disk: after a kill the broker sends it again, and it would seem to be two.
    const tell = (): void => {
      if (rule === undefined)
        onEvent({ event: "raised", time, id, kind, device, title, targets: targets.length, ...sequence });
      else onEvent({ event: "suppressed", time, id, kind, device, rule, ...sequence });
    };
    this.#options.store.durable().then(tell, () => {});
  }

  #store(): { book: AlertStore["book"]; commit: AlertStore["commit"] } {
    const { store } = this.#options;
    return { book: store.book, commit: (record) => store.commit(record) };
  }
}

/** @returns why it is none */
function readEvent(device: string | undefined, packet: IPublishPacket): MotionEvent | string {
  if (device === undefined) return "its topic is no camera's";
  if (packet.retain) return "it is retained, so nobody knows when it happened";
  return readMotionEvent(bytesOf(packet));
}

function bytesOf({ payload }: IPublishPacket): Uint8Array {
  return typeof payload === "string" ? Buffer.from(payload) : payload;
}

function digestOf(packet: IPublishPacket): string {
  return createHash("sha256")
    .update(packet.topic)
    .update("\0")
    .update(bytesOf(packet))
    .digest("base64url")
    .slice(0, 16);
}
