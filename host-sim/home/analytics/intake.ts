import type { BrokerSession, Delivered } from "./broker-session";
import type { Judge } from "./judge";
import type { Incident, IncidentKind, Reading } from "./reading";
import type { Batch, Store } from "./store";

export interface IntakeOptions {
  readonly judge: Judge;
  readonly store: Pick<Store, "append">;
  readonly session: Pick<BrokerSession, "acknowledge">;
  /** Longest time that a message waits for others to share its transaction, ms; default 50. */
  readonly commitInterval?: number | undefined;
  /** A batch is in the file. */
  onStored?(batch: Batch): void;
  /** It could not be written; it is tried again. */
  onFailure?(error: Error): void;
}

/**
 * So many messages do not wait: mosquitto sends 20 before the first is acknowledged, so no more would come meanwhile.
 */
const ENOUGH = 20;
const COMMIT_INTERVAL = 50;
/** ms until a batch that could not be written is tried again. */
const RETRY_INTERVAL = 1_000;

interface Pending {
  readonly readings: Reading[];
  readonly incidents: Incident[];
  readonly devices: { id: number; name: string }[];
  readonly deliveries: Delivered[];
}

/**
 * Takes messages in, a transaction for many, and acknowledges them when it is durable: of what the broker has an acknowledgement for,
 * nothing is lost, and what it has none for it sends again. While one transaction is written the next gathers.
 */
export class Intake {
  /** Since the start. */
  readonly counts: { readings: number; retained: number; batches: number } & Partial<
    Record<IncidentKind, number>
  > = {
    readings: 0,
    retained: 0,
    batches: 0,
  };
  readonly #options: IntakeOptions;
  #pending: Pending = emptyPending();
  #writing: Pending | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #stopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Time of the oldest reading that is not in the file yet, µs since 1970. */
  get oldestPending(): bigint | undefined {
    // Times ascend per device only.
    const times = [...(this.#writing?.readings ?? []), ...this.#pending.readings].map(({ time }) => time);
    return times.length === 0 ? undefined : times.reduce((a, b) => (a < b ? a : b));
  }

  take(message: Delivered): void {
    this.#pending.deliveries.push(message);
    if (message.retain) this.counts.retained += 1;
    else this.#judge(message);
    this.#schedule();
  }

  /** Notes what is no message. */
  note(incident: Incident): void {
    this.#pending.incidents.push(incident);
    this.#schedule();
  }

  /** Writes and acknowledges what is pending, once; what comes later the broker sends again. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopped = true;
    this.#wake?.();
    await this.#running;
    if (!isEmpty(this.#pending)) await this.#write().catch((error) => this.#options.onFailure?.(error));
  }

  #judge(message: Delivered): void {
    const verdict = this.#options.judge.judge(message);
    if ("incident" in verdict) {
      this.#pending.incidents.push(verdict.incident);
      return;
    }
    this.#pending.readings.push(verdict.reading);
    if (verdict.newDevice) this.#pending.devices.push(verdict.newDevice);
  }

  #schedule(): void {
    if (this.#running || this.#stopped) return;
    if (this.#pending.deliveries.length >= ENOUGH) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), this.#options.commitInterval ?? COMMIT_INTERVAL);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = this.#writeAll().then(() => {
      this.#running = undefined;
      if (!isEmpty(this.#pending)) this.#schedule();
    });
  }

  /** Until so little is left that it may wait for more. */
  async #writeAll(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#write();
        if (this.#pending.deliveries.length < ENOUGH) return;
      } catch (error) {
        this.#options.onFailure?.(error as Error);
        if (!this.#stopped) await this.#sleep();
      }
    }
  }

  async #sleep(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, RETRY_INTERVAL);
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }

  async #write(): Promise<void> {
    const batch = this.#pending;
    this.#pending = emptyPending();
    this.#writing = batch;
    try {
      await this.#options.store.append(batch);
    } catch (error) {
      this.#pending = joined(batch, this.#pending);
      throw error;
    } finally {
      this.#writing = undefined;
    }
    this.#options.session.acknowledge(batch.deliveries);
    this.#count(batch);
    this.#options.onStored?.(batch);
  }

  #count({ readings, incidents }: Pending): void {
    this.counts.batches += 1;
    this.counts.readings += readings.length;
    for (const { kind } of incidents) this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }
}

function emptyPending(): Pending {
  return { readings: [], incidents: [], devices: [], deliveries: [] };
}

function isEmpty({ deliveries, incidents }: Pending): boolean {
  return deliveries.length === 0 && incidents.length === 0;
}

function joined(first: Pending, second: Pending): Pending {
  return {
    readings: [...first.readings, ...second.readings],
    incidents: [...first.incidents, ...second.incidents],
    devices: [...first.devices, ...second.devices],
    deliveries: [...first.deliveries, ...second.deliveries],
  };
}
