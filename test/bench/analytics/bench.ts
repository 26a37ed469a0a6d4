import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type KillRunResult, killRun } from "../../host-home/analytics/kill-run";
import { patientBrokers } from "../../host-home/analytics/patient-brokers";
import { buildThimble } from "../../support/thimble";
import { measureYear, type YearFigures } from "./year";

/*
 * npm run bench:analytics [-- --json]
 * A year of ten devices at one reading per 10 s, the views of the page, and the intake of 1,000 readings a second through brokers.
 */

const INTAKE = { rate: 1_000, duration: 20, kills: 0 } as const;
/** Times of the day view that the year view may take. */
const MOST_RATIO = 3;

interface Figures {
  readonly year: YearFigures;
  readonly intake: readonly { readonly broker: string; readonly result: KillRunResult }[];
  /** Of the last minute, before and after: more than the number of processors is a machine that others use too. */
  readonly load: readonly [number, number];
}

async function measure(directory: string): Promise<Figures> {
  const [before] = loadavg();
  const year = await measureYear({
    file: join(directory, "year.duckdb"),
    devices: 10,
    interval: 10,
    days: 365,
    rounds: 15,
  });
  await buildThimble();
  const intake: Figures["intake"][number][] = [];
  for (const { name, installed, start } of patientBrokers) {
    if (!installed) continue;
    const broker = await start();
    try {
      const result = await killRun({
        broker: broker.url,
        file: join(directory, `${name}.duckdb`),
        ...INTAKE,
      });
      intake.push({ broker: name, result });
    } finally {
      await broker.stop();
    }
  }
  return { year, intake, load: [before!, loadavg()[0]!] };
}

function print({ year, intake, load }: Figures): string {
  const number = (value: number, digits = 0): string =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const seconds = (time: number): string => `${number(time / 1_000, 1)} s`;
  return [
    `${number(year.rows)} readings of ten devices in a year, ${number(year.fileMegabytes)} MB; load ${load.map((one) => number(one, 1)).join(" to ")}`,
    `generated in ${seconds(year.generated)}, rolled up in ${seconds(year.rolledUp)}`,
    "",
    `${"View".padEnd(28)}${"points".padStart(10)}${"median".padStart(12)}${"slowest".padStart(12)}`,
    "-".repeat(62),
    ...year.views.map(
      ({ view, points, time, slowest }) =>
        `${view.padEnd(28)}${number(points).padStart(10)}${`${number(time, 1)} ms`.padStart(12)}${`${number(slowest, 1)} ms`.padStart(12)}`,
    ),
    `${"year, without roll-ups".padEnd(28)}${"".padStart(10)}${`${number(year.withoutRollUps, 1)} ms`.padStart(12)}`,
    `year / day: ${number(year.ratio, 2)} (at most ${MOST_RATIO})`,
    "",
    `${"Intake, 20 s".padEnd(12)}${["a second", "acknowledged", "stored", "missing", "doubled", "behind"].map((head) => head.padStart(13)).join("")}`,
    "-".repeat(80),
    ...intake.map(
      ({ broker, result }) =>
        `${broker.padEnd(12)}${[
          number(result.rate),
          number(result.acknowledged),
          number(result.stored),
          number(result.missing.length),
          number(result.doubled.length),
          `${number(result.behind)} ms`,
        ]
          .map((cell) => cell.padStart(13))
          .join("")}`,
    ),
  ].join("\n");
}

const directory = await mkdtemp(join(tmpdir(), "thimble-bench-"));
try {
  const figures = await measure(directory);
  const json = process.argv.includes("--json");
  process.stdout.write(`${json ? JSON.stringify(figures, undefined, 2) : print(figures)}\n`);
  const holds = figures.intake.every(
    ({ result }) => result.missing.length === 0 && result.rate > INTAKE.rate * 0.97 && result.behind < 2_000,
  );
  if (figures.year.ratio > MOST_RATIO || !holds) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
