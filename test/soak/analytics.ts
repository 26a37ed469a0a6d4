import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killRun } from "../host-home/analytics/kill-run";
import { patientBrokers } from "../host-home/analytics/patient-brokers";
import { buildThimble } from "../support/thimble";

/*
 * npm run soak:analytics [-- --rate 500] [--seconds 60] [--kills 12] [--json]
 * SIGKILL of `thimble analytics` under load; exit code 1 when an acknowledged reading is missing.
 */

function option(name: string, value: number): number {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? value : Number(process.argv[index + 1]);
}

const run = { rate: option("rate", 500), duration: option("seconds", 60), kills: option("kills", 12) };
const json = process.argv.includes("--json");

await buildThimble();
for (const { name, installed, start } of patientBrokers) {
  if (!installed) continue;
  process.stderr.write(`${name}: ${run.duration} s at ${run.rate} messages a second, ${run.kills} kills\n`);
  const directory = await mkdtemp(join(tmpdir(), "thimble-kill-"));
  const broker = await start();
  try {
    const result = await killRun({ broker: broker.url, file: join(directory, "readings.duckdb"), ...run });
    if (result.missing.length > 0) process.exitCode = 1;
    const { missing, doubled, ...counts } = result;
    const line = { broker: name, ...counts, missing: missing.length, doubled: doubled.length };
    process.stdout.write(
      json
        ? `${JSON.stringify(line)}\n`
        : `${name.padEnd(10)} ${result.kills} kills at ${result.rate.toFixed(0)}/s: ${counts.acknowledged} acknowledged, ` +
            `${counts.stored} stored, ${line.missing} missing, ${line.doubled} doubled, ${counts.duplicates} redeliveries recognised\n`,
    );
  } finally {
    await broker.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
