import type { Hono } from "hono";
import type { BrokerAddress } from "../broker/broker-address";
import type { BrokerCredentials } from "../broker/broker-connection";
import { BrokerSession, type SessionState } from "./broker-session";
import { Database } from "./database";
import { Intake } from "./intake";
import { Judge, type JudgeOptions } from "./judge";
import { type Incident, TOPIC_FILTERS } from "./reading";
import { advanceRollUps, applyRetention, forgetFuture, RETENTION, type Retention } from "./roll-ups";
import { analyticsRoutes } from "./routes";
import { type Batch, Store, type StoredState } from "./store";
import { CLOCK_TOLERANCE } from "./wall-clock";

export type AnalyticsEvent =
  | ({ readonly event: "connected" } & SessionState)
  | { readonly event: "reconnected"; readonly sessionPresent: boolean }
  | { readonly event: "disconnected" }
  /** A transaction is in the file. */
  | { readonly event: "stored"; readonly readings: number; readonly incidents: readonly Incident[] }
  /** The newest reading is later than this machine's clock says: until then every message is set aside. ISO 8601. */
  | { readonly event: "clock behind"; readonly newest: string }
  /**
   * A transaction could not be written and is tried again, or roll-ups could not be made. Fatal: DuckDB has given up on the file
   * until it is opened anew.
   */
  | { readonly event: "failed"; readonly message: string; readonly fatal: boolean };

export interface AnalyticsOptions {
  readonly broker: BrokerAddress;
  readonly credentials?: BrokerCredentials | undefined;
  /** DuckDB file; made when missing. Only one process can have it. */
  readonly file: string;
  /** Client Identifier; default one that belongs to the file, `analytics-<8 hexadecimal digits>`. */
  readonly id?: string | undefined;
  /**
   * Name of a group that shares the readings, each with a file of its own (MQTT 5.0 section 4.8.2). A broker without shared
   * subscriptions sends every reading to each of the group.
   */
  readonly share?: string | undefined;
  readonly retention?: Retention | undefined;
  /** IANA name; default that of the file, which had that of the machine it was made on. */
  readonly timeZone?: string | undefined;
  /** Forgets what is later than now, for after the clock was wrong. Default false. */
  readonly forgetFuture?: boolean | undefined;
  /** What DuckDB may take; default "1GB". */
  readonly memory?: string | undefined;
  readonly judge?: Omit<JudgeOptions, "onIncident"> | undefined;
  /** ms between two looks at what roll-ups are due; default 10,000. */
  readonly rollUpInterval?: number | undefined;
  /** See `Intake`. ms. */
  readonly commitInterval?: number | undefined;
  readonly sessionExpiry?: number | undefined;
  /** Whether the broker keeps the session after `stop()`; default true. Not where the file goes too. */
  readonly keepSession?: boolean | undefined;
  readonly receiveMaximum?: number | undefined;
  onEvent?(event: AnalyticsEvent): void;
}

/** What the service knows about itself. */
export interface AnalyticsStatus {
  readonly connected: boolean;
  readonly protocolVersion: 4 | 5 | undefined;
  readonly topicFilters: readonly string[];
  /** Since the start: readings stored, retained copies passed over, transactions, incidents by kind. */
  readonly counts: Intake["counts"];
}

const ROLL_UP_INTERVAL = 10_000;
const CLOCK_INTERVAL = 1_000;
const RETENTION_INTERVAL = 3_600_000;

/** Keeps what thermometers publish: stores every reading that the broker was sent, and shows and exports trends. */
export class Analytics {
  /** `/` the page of trends, `/api/...` JSON, CSV and Parquet. */
  readonly routes: Hono;
  readonly #options: AnalyticsOptions;
  #running: Running | undefined;

  constructor(options: AnalyticsOptions) {
    this.#options = options;
    this.routes = analyticsRoutes(this);
  }

  /**
   * Opens the file, connects and subscribes.
   * @throws {UsageError} naming file or broker, when one cannot be used
   */
  async start(): Promise<void> {
    const { file, timeZone, memory, forgetFuture: forgets = false } = this.#options;
    const database = await Database.open({ file, timeZone, memory });
    try {
      const store = new Store(database);
      const now = BigInt(Math.round((this.#options.judge?.clock?.now ?? Date.now)() * 1_000));
      if (forgets) await store.write((connection) => forgetFuture(connection, now, database.timeZone));
      this.#running = new Running(this.#options, store, await store.state(), this.#judgeOptions());
      await this.#running.start();
    } catch (error) {
      this.#running = undefined;
      await database.close();
      throw error;
    }
  }

  /** Stores and acknowledges what has come, and disconnects; the broker keeps the session and later readings for it. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }

  /** undefined while it does not run. */
  get store(): Store | undefined {
    return this.#running?.store;
  }

  get status(): AnalyticsStatus | undefined {
    return this.#running?.status;
  }

  /** Numbers by name, also of devices whose first reading is not stored yet. */
  get devices(): ReadonlyMap<string, { readonly id: number; readonly lastTime: bigint }> {
    return this.#running?.judge.devices ?? new Map();
  }

  /** °C, by device number; of devices that sent one since the start. */
  get lastValues(): ReadonlyMap<number, number> {
    return this.#running?.lastValues ?? new Map();
  }

  /** Up to when readings can have come, µs since 1970. */
  get now(): bigint {
    return this.#running?.now ?? 0n;
  }

  /** For tests and at the end of an import: makes the roll-ups that are due, now. */
  async rollUp(): Promise<void> {
    await this.#running?.rollUp();
  }

  #judgeOptions(): JudgeOptions {
    return { ...this.#options.judge, onIncident: (incident) => this.#running?.intake.note(incident) };
  }
}

/** Between start and stop. */
class Running {
  readonly store: Store;
  readonly judge: Judge;
  readonly intake: Intake;
  readonly lastValues: Map<number, number> = new Map();
  readonly #options: AnalyticsOptions;
  readonly #session: BrokerSession;
  readonly #timers: NodeJS.Timeout[] = [];
  #state: SessionState | undefined;
  #retentionAt = Number.NEGATIVE_INFINITY;

  constructor(options: AnalyticsOptions, store: Store, state: StoredState, judgeOptions: JudgeOptions) {
    this.#options = options;
    this.store = store;
    this.judge = new Judge(state, judgeOptions);
    const { broker, credentials, share, sessionExpiry, receiveMaximum, commitInterval } = options;
    this.#session = new BrokerSession({
      broker,
      credentials,
      share,
      sessionExpiry,
      receiveMaximum,
      id: options.id ?? store.database.sessionId,
      topicFilters: TOPIC_FILTERS,
      granted: state.granted,
      onConnected: ({ sessionPresent }) => this.#connected(sessionPresent),
      onDelivered: (message) => this.intake.take(message),
      onDisconnected: () => options.onEvent?.({ event: "disconnected" }),
    });
    this.intake = new Intake({
      judge: this.judge,
      store,
      session: this.#session,
      commitInterval,
      onStored: (batch) => this.#stored(batch),
      onFailure: (error) => this.#failed(error),
    });
  }

  get status(): AnalyticsStatus {
    return {
      connected: this.#session.connected,
      protocolVersion: this.#state?.protocolVersion,
      topicFilters: this.#state?.topicFilters ?? [],
      counts: { ...this.intake.counts },
    };
  }

  get now(): bigint {
    const time = this.judge.time();
    return time === undefined || time < this.judge.newest ? this.judge.newest + 1n : time;
  }

  async start(): Promise<void> {
    if (this.judge.time() === undefined) {
      const newest = new Date(Number(this.judge.newest / 1_000n)).toISOString();
      this.#options.onEvent?.({ event: "clock behind", newest });
    }
    await this.rollUp();
    this.#state = await this.#session.start();
    await this.store.noteGranted(this.#state.topicFilters);
    this.#options.onEvent?.({ event: "connected", ...this.#state });
    const { rollUpInterval = ROLL_UP_INTERVAL } = this.#options;
    this.#timers.push(
      setInterval(() => this.judge.time(), CLOCK_INTERVAL),
      setInterval(() => this.rollUp().catch((error) => this.#failed(error)), rollUpInterval),
    );
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.intake.stop();
    await (this.#options.keepSession === false ? this.#session.discard() : this.#session.stop());
    await this.store.write(() => this.store.database.close());
  }

  /** Everything before the tolerance of the clock and before what is not in the file yet. */
  async rollUp(): Promise<void> {
    const now = this.judge.time();
    if (now === undefined) return;
    const pending = this.intake.oldestPending;
    const settled = now - BigInt(CLOCK_TOLERANCE) * 1_000n;
    const until = pending !== undefined && pending < settled ? pending : settled;
    this.judge.complete(until);
    const retention = { ...RETENTION, ...this.#options.retention };
    await this.store.write(async (connection) => {
      await advanceRollUps(connection, until, this.store.database.timeZone);
      if (performance.now() - this.#retentionAt < RETENTION_INTERVAL) return;
      this.#retentionAt = performance.now();
      await applyRetention(connection, now, retention);
    });
  }

  #connected(sessionPresent: boolean): void {
    this.judge.connected(sessionPresent);
    if (!sessionPresent) this.store.beginSession(this.judge.newest).catch((error) => this.#failed(error));
    if (this.#state) this.#options.onEvent?.({ event: "reconnected", sessionPresent });
  }

  #stored({ readings, incidents }: Batch): void {
    for (const { device, value } of readings) this.lastValues.set(device, value);
    this.#options.onEvent?.({ event: "stored", readings: readings.length, incidents });
  }

  #failed(error: Error): void {
    const fatal = /FATAL|database has been invalidated/.test(error.message);
    this.#options.onEvent?.({ event: "failed", message: error.message, fatal });
  }
}
