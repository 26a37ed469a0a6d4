import { parseArgs } from "node:util";
import { referees } from "../support/mosquitto";
import { clientRows } from "./client/rows";
import { codecRows } from "./codec/rows";
import { machine, section, update } from "./results";
import { misses, type Row } from "./row";
import { textTable } from "./table";

const { values: options } = parseArgs({
  options: {
    /** The results as JSON in place of the table. */
    json: { type: "boolean", default: false },
    /** Writes results.json and the table in README.md. */
    update: { type: "boolean", default: false },
    /** Exit code 1 when a target is missed. */
    check: { type: "boolean", default: false },
    /** Our clients over the simulated board's TCP. */
    simulated: { type: "boolean", default: false },
    /** "codec" or "client": that part alone. */
    only: { type: "string" },
  },
});

if (options.update && (options.only !== undefined || options.simulated || !referees))
  throw new Error("--update writes whole results: not with --only, with --simulated, or without mosquitto");

const start = performance.now();

function progress(what: string): void {
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${what}\n`);
}

const rows: Row[] = [];
if (options.only !== "client") rows.push(...codecRows(progress));
if (options.only !== "codec" && referees)
  rows.push(...(await clientRows({ progress, simulated: options.simulated })));
progress("done");

const results = { machine: machine(), rows };
process.stdout.write(`${options.json ? JSON.stringify(results, undefined, 2) : textTable(rows)}\n`);
if (options.update && !update(results))
  process.stdout.write(
    `README.md has no <!-- bench --> marks; this belongs between them:\n${section(results)}\n`,
  );
process.exitCode = options.check && rows.some((row) => misses(row).length > 0) ? 1 : 0;
