import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBListValue,
  DuckDBTimestampValue,
  type DuckDBValue,
  listValue,
} from "@duckdb/node-api";
import { UsageError } from "../usage-error";
import { SCHEMA, SCHEMA_VERSION } from "./schema";

export interface DatabaseOptions {
  /** DuckDB file; made when missing. */
  readonly file: string;
  /** IANA name of the zone whose midnights days begin at; kept in the file. Default: that of this machine. */
  readonly timeZone?: string | undefined;
  /** What DuckDB may take, in its own words; default "1GB". */
  readonly memory?: string | undefined;
}

export type Row = Readonly<Record<string, DuckDBValue>>;

const MEMORY = "1GB";

/**
 * A DuckDB file, locked by this process, its connections, and a folder for exports: the only place outside the file that SQL
 * can reach.
 */
export class Database {
  /** Files of this process: the lock of the operating system keeps only other processes away. */
  static readonly #open: Set<string> = new Set();
  readonly file: string;
  readonly timeZone: string;
  /** Client Identifier of the broker's session that belongs to this file: what was delivered is known only here. */
  readonly sessionId: string;
  readonly exportDirectory: string;
  /** For everything that changes the file: one at a time. */
  readonly writer: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  private constructor(
    instance: DuckDBInstance,
    writer: DuckDBConnection,
    file: string,
    { timeZone, sessionId, exportDirectory }: Pick<Database, "timeZone" | "sessionId" | "exportDirectory">,
  ) {
    this.#instance = instance;
    this.writer = writer;
    this.file = file;
    this.timeZone = timeZone;
    this.sessionId = sessionId;
    this.exportDirectory = exportDirectory;
  }

  /**
   * Opens or makes the file; what a process that was killed had committed is read from the write-ahead log.
   * @throws {UsageError} naming the file, when it is locked, damaged, of another version or not DuckDB's
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const file = resolve(options.file);
    if (Database.#open.has(file)) throw inUse(file);
    Database.#open.add(file);
    try {
      return await Database.#openFile(file, options);
    } catch (error) {
      Database.#open.delete(file);
      throw error;
    }
  }

  static async #openFile(file: string, options: DatabaseOptions): Promise<Database> {
    const instance = await openInstance(file, options.memory ?? MEMORY);
    // What a process that was killed had left there goes.
    const exportDirectory = `${file}.export`;
    await rm(exportDirectory, { recursive: true, force: true });
    await mkdir(exportDirectory, { mode: 0o700 });
    try {
      const writer = await instance.connect();
      const settings = await prepare(writer, file, options.timeZone);
      await lockDown(writer, exportDirectory);
      return new Database(instance, writer, file, { ...settings, exportDirectory });
    } catch (error) {
      instance.closeSync();
      await rm(exportDirectory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs `work` with a connection of its own, on a state of the file that nothing changes meanwhile. */
  async read<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    const connection = await this.#instance.connect();
    try {
      await connection.run("BEGIN TRANSACTION READ ONLY");
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  /** Writes the log into the file and lets go of it. */
  async close(): Promise<void> {
    this.writer.closeSync();
    this.#instance.closeSync();
    Database.#open.delete(this.file);
    await rm(this.exportDirectory, { recursive: true, force: true });
  }
}

/** Rows as objects. */
export async function query(
  connection: DuckDBConnection,
  sql: string,
  values?: Record<string, DuckDBValue> | readonly DuckDBValue[],
): Promise<readonly Row[]> {
  const parameters = values as Record<string, DuckDBValue> | DuckDBValue[] | undefined;
  const reader = await connection.runAndReadAll(sql, parameters);
  return reader.getRowObjects() as readonly Row[];
}

/** All or nothing. */
export async function transaction(connection: DuckDBConnection, work: () => Promise<void>): Promise<void> {
  await connection.run("BEGIN TRANSACTION");
  try {
    await work();
    await connection.run("COMMIT");
  } catch (error) {
    // Fails too when the commit has failed, or the file is gone: what matters is the first reason.
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** @param time - µs since 1970 */
export function timestamp(time: bigint): DuckDBTimestampValue {
  return new DuckDBTimestampValue(time);
}

/** Numbers of devices, as a parameter. A list without an element would have no type: 0 is no device. */
export function deviceList(devices: readonly number[]): DuckDBListValue {
  return listValue([0, ...devices]);
}

/** @returns µs since 1970, or undefined for null */
export function microseconds(value: DuckDBValue | undefined): bigint | undefined {
  return value instanceof DuckDBTimestampValue ? value.micros : undefined;
}

async function openInstance(file: string, memory: string): Promise<DuckDBInstance> {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return await DuckDBInstance.create(file, {
      memory_limit: memory,
      // Nothing is ever fetched from the network.
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
  } catch (error) {
    const { message } = error as Error;
    if (/Could not set lock/.test(message)) throw inUse(file);
    throw new UsageError(`cannot open ${file} as a DuckDB file: ${firstLine(message)}`);
  }
}

function inUse(file: string): UsageError {
  return new UsageError(
    `${file} is in use: DuckDB has one writer a file; end the other, or give this one a file of its own`,
  );
}

/** Makes the tables of a new file. @returns what the file says about itself */
async function prepare(
  writer: DuckDBConnection,
  file: string,
  timeZone: string | undefined,
): Promise<Pick<Database, "timeZone" | "sessionId">> {
  const [schema] = await query(
    writer,
    "SELECT count(*) = 0 AS empty, count(*) FILTER (table_name = 'settings') = 1 AS known FROM duckdb_tables() WHERE NOT internal",
  );
  if (schema?.empty === true) await create(writer, timeZone ?? localTimeZone());
  else if (schema?.known !== true) throw new UsageError(`${file} is a DuckDB file, but not one of Thimble's`);
  const rows = await query(writer, "SELECT name, value FROM settings");
  const settings = new Map(rows.map(({ name, value }) => [String(name), String(value)]));
  const version = settings.get("schema");
  if (version !== SCHEMA_VERSION)
    throw new UsageError(`${file} has tables of version ${version}; this Thimble reads ${SCHEMA_VERSION}`);
  const kept = settings.get("time zone") ?? "UTC";
  if (timeZone !== undefined && timeZone !== kept)
    throw new UsageError(`${file} has days of ${kept}, not of ${timeZone}: another zone needs another file`);
  return { timeZone: kept, sessionId: settings.get("session id") ?? "analytics" };
}

async function create(writer: DuckDBConnection, timeZone: string): Promise<void> {
  await transaction(writer, async () => {
    for (const statement of SCHEMA) await writer.run(statement);
    await writer.run("INSERT INTO settings VALUES ('schema', $1), ('time zone', $2), ('session id', $3)", [
      SCHEMA_VERSION,
      timeZone,
      `analytics-${randomBytes(4).toString("hex")}`,
    ]);
  });
}

/** From here on no SQL, whoever wrote it, reads or writes another file, or changes that again. */
async function lockDown(writer: DuckDBConnection, exportDirectory: string): Promise<void> {
  const directory = exportDirectory.replaceAll("'", "''");
  await writer.run(`SET allowed_directories = ['${directory}']`);
  await writer.run("SET enable_external_access = false");
  await writer.run("SET lock_configuration = true");
}

function localTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
