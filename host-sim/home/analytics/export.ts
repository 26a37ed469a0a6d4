import { randomUUID } from "node:crypto";
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBConnection, listValue } from "@duckdb/node-api";
import { type Database, deviceList, timestamp } from "./database";
import { ROLL_UPS, type RollUp } from "./schema";

export const EXPORT_FORMATS = ["csv", "parquet"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export type ExportTable = "readings" | RollUp;
export const EXPORT_TABLES: readonly ExportTable[] = Object.freeze(["readings", ...ROLL_UPS]);

export interface ExportQuery {
  readonly format: ExportFormat;
  readonly table: ExportTable;
  /** µs since 1970, inclusive. */
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
  /** Numbers of devices. */
  readonly devices: readonly number[];
  /** Names of all devices, that of number 1 first. */
  readonly names: readonly string[];
}

/** Times: text of ISO 8601 in CSV, instants in Parquet. */
const TIMES: Readonly<Record<ExportFormat, string>> = Object.freeze({
  csv: "strftime(source.time, '%Y-%m-%dT%H:%M:%S.%fZ')",
  parquet: "source.time AT TIME ZONE 'UTC'",
});

const OPTIONS: Readonly<Record<ExportFormat, string>> = Object.freeze({
  csv: "FORMAT csv, HEADER",
  parquet: "FORMAT parquet, COMPRESSION zstd",
});

/**
 * Writes rows into a file without a name, and reads it back in pieces: neither DuckDB nor this process holds them all. Every value
 * of the request is a parameter of the statement or one of the words above.
 */
export async function exportRows(
  database: Database,
  request: ExportQuery,
): Promise<ReadableStream<Uint8Array>> {
  const path = join(database.exportDirectory, `${randomUUID()}.${request.format}`);
  try {
    await database.read((connection) => copy(connection, request, path));
    const file = await open(path);
    // The open file lives until it is closed.
    await unlink(path);
    return pieces(file);
  } catch (error) {
    await unlink(path).catch(() => {});
    throw error;
  }
}

async function copy(connection: DuckDBConnection, request: ExportQuery, path: string): Promise<void> {
  const columns =
    request.table === "readings"
      ? "value AS temperature"
      : "minimum, total / count AS mean, maximum, count AS readings";
  // Readings lie in the order in which they came: DuckDB keeps it where nothing is joined.
  const order = request.table === "readings" ? "" : "ORDER BY source.time, source.device";
  await connection.run(
    `COPY (
       SELECT list_extract($names, source.device) AS device, ${TIMES[request.format]} AS time, ${columns}
       FROM ${request.table} AS source
       WHERE source.time >= $from AND source.time < $to AND list_contains($devices, source.device) ${order}
     ) TO '${path.replaceAll("'", "''")}' (${OPTIONS[request.format]})`,
    {
      from: timestamp(request.from),
      to: timestamp(request.to),
      devices: deviceList(request.devices),
      // A list without an element has no type.
      names: listValue([...request.names, ""]),
    },
  );
}

const PIECE = 65_536;

function pieces(file: Awaited<ReturnType<typeof open>>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE), 0, PIECE);
        if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
        await file.close();
        controller.close();
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}
