import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { type Database, microseconds, query, timestamp, transaction } from "./database";
import { deviceOf, type Incident, type IncidentKind, type Reading } from "./reading";
import { type Delivery, REMEMBERED_DELIVERIES } from "./redelivery";

/** What one transaction writes. */
export interface Batch {
  readonly readings: readonly Reading[];
  readonly incidents: readonly Incident[];
  /** Not yet in the file. */
  readonly devices: readonly { readonly id: number; readonly name: string }[];
}

/** What the file knew when it was opened. */
export interface StoredState {
  /** By name. */
  readonly devices: ReadonlyMap<string, { readonly id: number; readonly lastTime: bigint }>;
  /** The newest time in the file, µs since 1970: readings, and roll-ups that are complete up to it. */
  readonly newest: bigint;
  /** Of the broker's session, the oldest first. */
  readonly deliveries: readonly Delivery[];
  /** Topic Filters of the broker's session. */
  readonly granted: readonly string[];
}

const SESSION = "session";
const GRANTED = "topic filters";

/** Reads and writes readings and incidents. Writes of several callers happen one after the other. */
export class Store {
  readonly #database: Database;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  get database(): Database {
    return this.#database;
  }

  /** Runs `work` on the writing connection, after everything that was asked for before. */
  write<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(() => work(this.#database.writer));
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Resolves when `batch` is in the file, and stays there whatever happens to this process. */
  append(batch: Batch): Promise<void> {
    return this.write((connection) => transaction(connection, () => appendRows(connection, batch)));
  }

  /** A broker's session begins: what was delivered before does not come again. */
  async beginSession(newest: bigint): Promise<void> {
    await this.write((connection) =>
      connection.run("INSERT OR REPLACE INTO marks VALUES ($1, $2)", [SESSION, timestamp(newest)]),
    );
  }

  /** The broker's session has these Topic Filters. */
  async noteGranted(topicFilters: readonly string[]): Promise<void> {
    await this.write((connection) =>
      connection.run("INSERT OR REPLACE INTO settings VALUES ($1, $2)", [
        GRANTED,
        JSON.stringify(topicFilters),
      ]),
    );
  }

  /** Number of readings, and of incidents by kind, ever since the file was made and still kept. */
  async counts(): Promise<{ readings: number; incidents: Partial<Record<IncidentKind, number>> }> {
    return this.#database.read(async (connection) => {
      const [all] = await query(connection, "SELECT count(*) AS count FROM readings");
      const kinds = await query(connection, "SELECT kind, count(*) AS count FROM incidents GROUP BY kind");
      return {
        readings: Number(all?.count ?? 0),
        incidents: Object.fromEntries(kinds.map(({ kind, count }) => [String(kind), Number(count)])),
      };
    });
  }

  /** The last incidents, the newest first. */
  async incidents(limit: number): Promise<readonly Incident[]> {
    const rows = await this.#database.read((connection) =>
      query(connection, "SELECT * FROM incidents ORDER BY time DESC, rowid DESC LIMIT $1", [limit]),
    );
    return rows.map(({ time, kind, topic, detail, packet }) => ({
      time: microseconds(time) ?? 0n,
      kind: kind as IncidentKind,
      topic: topic === null || topic === undefined ? null : String(topic),
      detail: String(detail),
      packet: packet === null || packet === undefined ? null : Number(packet),
    }));
  }

  async state(): Promise<StoredState> {
    return this.#database.read(async (connection) => {
      const devices = await query(
        connection,
        `SELECT id, name, greatest(
           (SELECT max(time) FROM readings WHERE device = id), (SELECT max(time) FROM minutes WHERE device = id)) AS last
         FROM devices ORDER BY id`,
      );
      const [newest] = await query(
        connection,
        `SELECT greatest((SELECT max(time) FROM readings),
           (SELECT max(time) FROM marks WHERE name IN ('minutes', 'hours', 'days'))) AS time`,
      );
      return {
        devices: new Map(
          devices.map(({ id, name, last }) => [
            String(name),
            { id: Number(id), lastTime: microseconds(last) ?? 0n },
          ]),
        ),
        newest: microseconds(newest?.time) ?? 0n,
        deliveries: await deliveries(connection),
        granted: await granted(connection),
      };
    });
  }
}

async function appendRows(connection: DuckDBConnection, batch: Batch): Promise<void> {
  for (const { id, name } of batch.devices)
    await connection.run("INSERT INTO devices VALUES ($1, $2)", [id, name]);
  if (batch.readings.length > 0) {
    const appender = await connection.createAppender("readings");
    for (const { device, time, value, packet } of batch.readings) {
      appender.appendUSmallInt(device);
      appender.appendTimestamp(timestamp(time));
      appender.appendDouble(value);
      appendPacket(appender, packet);
      appender.endRow();
    }
    appender.closeSync();
  }
  if (batch.incidents.length > 0) {
    const appender = await connection.createAppender("incidents");
    for (const { time, kind, topic, detail, packet } of batch.incidents) {
      appender.appendTimestamp(timestamp(time));
      appender.appendVarchar(kind);
      if (topic === null) appender.appendNull();
      else appender.appendVarchar(topic);
      appender.appendVarchar(detail);
      appendPacket(appender, packet);
      appender.endRow();
    }
    appender.closeSync();
  }
}

function appendPacket(appender: DuckDBAppender, packet: number | null): void {
  if (packet === null) appender.appendNull();
  else appender.appendUSmallInt(packet);
}

async function granted(connection: DuckDBConnection): Promise<readonly string[]> {
  const [row] = await query(connection, "SELECT value FROM settings WHERE name = $1", [GRANTED]);
  return row ? (JSON.parse(String(row.value)) as readonly string[]) : [];
}

async function deliveries(connection: DuckDBConnection): Promise<readonly Delivery[]> {
  const rows = await query(
    connection,
    `WITH session AS (SELECT coalesce(max(time), TIMESTAMP 'epoch') AS began FROM marks WHERE name = $session),
     delivered AS (
       SELECT time, packet, name AS source, value, NULL AS detail FROM (
         SELECT * FROM readings WHERE packet IS NOT NULL AND time > (SELECT began FROM session)
         ORDER BY time DESC LIMIT $limit) JOIN devices ON id = device
       UNION ALL
       SELECT time, packet, topic, NULL, detail FROM (
         SELECT * FROM incidents WHERE packet IS NOT NULL AND kind <> 'duplicate' AND time > (SELECT began FROM session)
         ORDER BY time DESC LIMIT $limit))
     SELECT * FROM delivered ORDER BY time DESC LIMIT $limit`,
    { session: SESSION, limit: REMEMBERED_DELIVERIES },
  );
  return rows
    .map(({ packet, source, value, detail }) => ({
      packet: Number(packet),
      source: deviceOf(String(source)) ?? String(source),
      content: String(value ?? detail),
    }))
    .reverse();
}
