import type { Outcome } from "../fuzz-property";
import type { Failure } from "./run-batch";

export interface PropertyReport {
  readonly name: string;
  runs: number;
  /** Time in a worker, ms. */
  milliseconds: number;
  readonly outcomes: Record<Outcome, number>;
}

export interface Report {
  readonly seed: number;
  readonly runs: number;
  readonly workers: number;
  readonly seconds: number;
  /** Most memory that the process had, MB. */
  readonly peakMemory: number;
  readonly properties: readonly PropertyReport[];
  readonly failure: Failure | undefined;
}

const WIDTH = 80;
const NAME_WIDTH = 45;

export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** The report as text of 80 columns; the case of a failure may be longer. */
export function textOf(report: Report): string {
  const { failure } = report;
  const lines = [
    row("property", "runs", "runs/s", "refused"),
    "-".repeat(WIDTH),
    ...report.properties.map(({ name, runs, milliseconds, outcomes }) => {
      const speed = milliseconds > 0 ? count((runs * 1000) / milliseconds) : "";
      return row(
        name,
        count(runs),
        speed,
        runs > 0 ? `${Math.round((100 * outcomes.refused) / runs)} %` : "",
      );
    }),
    "-".repeat(WIDTH),
    `${failure ? "FAILED after" : "clean:"} ${count(report.runs)} runs in ${duration(report.seconds)}, seed ${report.seed}, ` +
      `${report.workers} workers, ${count(report.peakMemory)} MB`,
  ];
  if (failure) lines.push("", ...textOfFailure(failure));
  return lines.join("\n");
}

function textOfFailure({ property, seed, path, error, text }: Failure): string[] {
  return [
    `property  ${property}`,
    `seed      ${seed} (of the batch), path ${path}`,
    `case      ${text}`,
    `error     ${error}`,
    "",
    "Keep the case as a row of test/fuzz/regressions.ts.",
  ];
}

function row(name: string, runs: string, speed: string, refused: string): string {
  return `${name.padEnd(NAME_WIDTH)}${runs.padStart(12)}${speed.padStart(12)}${refused.padStart(11)}`;
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${seconds.toFixed(1)} s`;
}
