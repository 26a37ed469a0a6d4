import "../../support/xs-globals";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { properties } from "../properties";
import { planOf } from "./plan";
import { Pool } from "./pool";
import { count, type PropertyReport, type Report, textOf } from "./report";
import type { Failure } from "./run-batch";

/** ms */
const PROGRESS = 1000;

const OPTIONS = {
  /** Cases to check, of all properties together. */
  runs: { type: "string", default: "100000" },
  /** 0 to 2,147,483,647; default one of the clock. */
  seed: { type: "string" },
  /** The report as JSON in place of text. */
  json: { type: "boolean", default: false },
  /** Only properties whose name contains it. */
  property: { type: "string", default: "" },
  /** Threads; default one for each processor. */
  workers: { type: "string" },
} as const;

type Options = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

function usage(text: string): never {
  process.stderr.write(
    `${text}\nnpm run fuzz -- [--runs N] [--seed N] [--property NAME] [--workers N] [--json]\n`,
  );
  process.exit(2);
}

function parameters(): Options {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return usage((error as Error).message);
  }
}

function numberOf(name: string, text: string | undefined, standard: number): number {
  const value = text === undefined ? standard : Number(text.replaceAll(/[_,]/g, ""));
  if (Number.isInteger(value) && value >= 0 && value <= 0x7fff_ffff) return value;
  return usage(`--${name} ${text} is no number from 0 to 2147483647`);
}

async function main(): Promise<void> {
  const options = parameters();
  const runs = numberOf("runs", options.runs, 0);
  const seed = numberOf("seed", options.seed, Date.now() & 0x7fff_ffff);
  const workers = Math.max(1, numberOf("workers", options.workers, availableParallelism()));
  const wanted = properties.filter(({ name }) => name.includes(options.property));
  if (wanted.length === 0) usage(`no property has ${options.property} in its name`);
  const batches = planOf(wanted, runs, seed).map((batch) => ({
    ...batch,
    property: properties.indexOf(wanted[batch.property]!),
  }));
  const reports = properties.map(
    ({ name }): PropertyReport => ({
      name,
      runs: 0,
      milliseconds: 0,
      outcomes: { read: 0, refused: 0, closed: 0 },
    }),
  );
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const pool = new Pool(new URL("worker.mjs", import.meta.url), properties);
  let done = 0;
  let failure: Failure | undefined;
  const progress = setInterval(() => {
    const now = done + pool.running;
    const speed = count(now / seconds());
    process.stderr.write(`${count(now)} of ${count(runs)} runs, ${speed} runs/s, seed ${seed}\n`);
  }, PROGRESS);
  await pool.run(batches, workers, (batch, result) => {
    const report = reports[batch.property]!;
    report.milliseconds += result.milliseconds;
    for (const name of ["read", "refused", "closed"] as const) {
      report.outcomes[name] += result.outcomes[name];
      report.runs += result.outcomes[name];
      done += result.outcomes[name];
    }
    failure ??= result.failure;
  });
  clearInterval(progress);
  const report: Report = {
    seed,
    runs: done,
    workers,
    seconds: seconds(),
    peakMemory: process.resourceUsage().maxRSS / 1024,
    properties: reports.filter(({ name }) => name.includes(options.property)),
    failure,
  };
  process.stdout.write(`${options.json ? JSON.stringify(report, undefined, 2) : textOf(report)}\n`);
  process.exitCode = failure ? 1 : 0;
}

await main();
