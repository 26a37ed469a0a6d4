import type { Socket } from "node:net";
import { DuckDBInstance } from "@duckdb/node-api";
import { connectAsync, type MqttClient } from "mqtt";
import { type Running, thimble } from "../../support/thimble";

export interface KillRunOptions {
  /** `mqtt://host:port` */
  readonly broker: string;
  /** DuckDB file; not there yet. */
  readonly file: string;
  /** Messages a second. */
  readonly rate: number;
  /** s */
  readonly duration: number;
  /** Times that the service is killed, evenly over the duration. */
  readonly kills: number;
}

/** Readings, by what became of them. */
export interface KillRunResult {
  readonly published: number;
  /** The broker has acknowledged them to the publisher. */
  readonly acknowledged: number;
  readonly stored: number;
  /** Values that were acknowledged and are not in the file. */
  readonly missing: readonly number[];
  /** Values that are there more than once. */
  readonly doubled: readonly number[];
  /** Redeliveries that the service recognised. */
  readonly duplicates: number;
  readonly kills: number;
  /** Messages a second, until the broker had acknowledged the last. */
  readonly rate: number;
  /** ms from then until everything was in the file. */
  readonly behind: number;
}

const DEVICES = 10;
/** ms */
const TICK = 10;
const PATIENCE = 30_000;
/** When nothing came for so long, nothing more comes. */
const QUIET = 3_000;

/**
 * Publishes numbers of which each is used once, as thermometers do (QoS 1, retained), and kills the built `thimble analytics` with SIGKILL again and again
 * meanwhile; then compares what is in the file with what the broker has acknowledged.
 */
export async function killRun(options: KillRunOptions): Promise<KillRunResult> {
  const service = new Service(options);
  await service.start();
  const publisher = await connectAsync(options.broker, { clientId: "publisher", reconnectPeriod: 0 });
  (publisher.stream as Socket).setNoDelay(true);
  const acknowledged = new Set<number>();
  const started = performance.now();
  const killing = killAgainAndAgain(service, options);
  const published = await publishAll(publisher, options, acknowledged);
  const rate = published / ((performance.now() - started) / 1_000);
  await killing;
  const finished = performance.now();
  await service.waitUntilStored(acknowledged.size);
  const behind = performance.now() - finished;
  await service.stop();
  await publisher.endAsync();
  const { values, duplicates } = await readFile(options.file);
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return {
    published,
    acknowledged: acknowledged.size,
    stored: values.length,
    missing: [...acknowledged].filter((value) => !counts.has(value)),
    doubled: [...counts].filter(([, count]) => count > 1).map(([value]) => value),
    duplicates,
    kills: options.kills,
    rate,
    behind,
  };
}

/** The built command, which can be killed and started again with the same file. */
class Service {
  readonly #options: KillRunOptions;
  #running: Running | undefined;
  #address = "";

  constructor(options: KillRunOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { broker, file } = this.#options;
    const running = thimble("analytics", "--broker", broker, "--file", file, "--port", "0", "--json");
    this.#running = running;
    await running.output((output) => output.includes('"listening"'));
    this.#address = /"address":"([^"]+)"/.exec(running.stdout)?.[1] ?? "";
  }

  async kill(): Promise<void> {
    await this.#running?.kill();
  }

  async stop(): Promise<void> {
    await this.#running?.kill("SIGTERM");
  }

  /** Until the file has so many readings, or no more come. */
  async waitUntilStored(count: number): Promise<void> {
    let last = 0;
    let deadline = Date.now() + QUIET;
    while (Date.now() < deadline) {
      const response = await fetch(`${this.#address}/api/status`);
      const { stored } = (await response.json()) as { stored: { readings: number } };
      if (stored.readings >= count) return;
      if (stored.readings !== last) deadline = Date.now() + QUIET;
      last = stored.readings;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function killAgainAndAgain(service: Service, { duration, kills }: KillRunOptions): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await new Promise((resolve) => setTimeout(resolve, (duration * 1_000) / (kills + 1)));
    await service.kill();
    await service.start();
  }
}

/** @returns how many were published; resolves when the broker has acknowledged all */
async function publishAll(
  publisher: MqttClient,
  { rate, duration }: KillRunOptions,
  acknowledged: Set<number>,
): Promise<number> {
  const total = rate * duration;
  const started = performance.now();
  let published = 0;
  function publishSome(): void {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * rate));
    for (; published < due; published++) {
      const text = (published / 1_000 - 50).toFixed(3);
      const value = Number(text);
      publisher.publish(`home/room-${published % DEVICES}/temp`, text, { qos: 1, retain: true }, (error) => {
        if (!error) acknowledged.add(value);
      });
    }
  }
  const timer = setInterval(publishSome, TICK);
  while (published < total || acknowledged.size < total) {
    if (performance.now() - started > duration * 1_000 + PATIENCE) break;
    await new Promise((resolve) => setTimeout(resolve, TICK));
  }
  clearInterval(timer);
  return published;
}

async function readFile(file: string): Promise<{ values: number[]; duplicates: number }> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const values = await connection.runAndReadAll("SELECT value FROM readings");
  const duplicates = await connection.runAndReadAll(
    "SELECT count(*) FROM incidents WHERE kind = 'duplicate'",
  );
  connection.closeSync();
  instance.closeSync();
  return {
    values: values.getRows().map(([value]) => Number(value)),
    duplicates: Number(duplicates.getRows()[0]?.[0]),
  };
}
