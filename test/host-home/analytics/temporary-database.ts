import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Database } from "../../../host-sim/home/analytics/database";
import type { Reading } from "../../../host-sim/home/analytics/reading";
import { Store } from "../../../host-sim/home/analytics/store";

/** A path for a DuckDB file that goes with the test. */
export async function temporaryFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "thimble-analytics-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "readings.duckdb");
}

/** A new file, open until the end of the test. */
export async function temporaryStore(timeZone = "UTC"): Promise<Store> {
  const database = await Database.open({ file: await temporaryFile(), timeZone });
  onTestFinished(() => database.close());
  return new Store(database);
}

/** µs since 1970, of ISO 8601. */
export function at(text: string): bigint {
  return BigInt(Date.parse(text)) * 1_000n;
}

/** Readings of a device, evenly in time. */
export function readings(
  device: number,
  from: string,
  seconds: number,
  values: readonly number[],
): Reading[] {
  return values.map((value, index) => ({
    device,
    time: at(from) + BigInt(index * seconds) * 1_000_000n,
    value,
    packet: (index % 65_535) + 1,
  }));
}

export async function addDevices(store: Store, ...names: string[]): Promise<void> {
  await store.append({
    devices: names.map((name, index) => ({ id: index + 1, name })),
    readings: [],
    incidents: [],
  });
}

export async function addReadings(store: Store, ...lists: readonly Reading[][]): Promise<void> {
  await store.append({ devices: [], readings: lists.flat(), incidents: [] });
}
