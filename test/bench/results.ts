import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, type } from "node:os";
import { withMarkedSection } from "../support/marked-section";
import { referees } from "../support/mosquitto";
import type { Row } from "./row";
import { markdownTable } from "./table";

/** Where the figures are from. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  readonly mosquitto: string;
  /** Versions of the packages compared with. */
  readonly peers: Readonly<Record<string, string>>;
}

export interface Results {
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

export const RESULTS_PATH = "test/bench/results.json";
export const README_PATH = "README.md";
const PEERS = ["mqtt-packet", "mqtts", "mqtt"] as const;

export function machine(): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    system: `${type()} ${release()}`,
    node: process.version,
    mosquitto: mosquittoVersion(),
    peers: Object.fromEntries(PEERS.map((name) => [name, versionOf(name)])),
  };
}

function mosquittoVersion(): string {
  if (!referees) return "not installed";
  const { stdout } = spawnHelp(referees.mosquitto);
  return /version (\S+)/.exec(stdout)?.[1] ?? "unknown";
}

/** mosquitto ends its help with status 3. */
function spawnHelp(program: string): { stdout: string } {
  try {
    return { stdout: execFileSync(program, ["-h"], { encoding: "utf8" }) };
  } catch (error) {
    return { stdout: String((error as { stdout?: unknown }).stdout ?? "") };
  }
}

function versionOf(name: string): string {
  return (JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")) as { version: string })
    .version;
}

/** What stands in README.md between the marks. */
export function section({
  machine: { date, processor, cores, node, mosquitto, peers },
  rows,
}: Results): string {
  const packages = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  return [
    "",
    markdownTable(rows),
    "",
    "Medians of interleaved rounds in one process; bytes are what one operation allocates, in V8's heap and outside it. The client's times are",
    "CPU time of the process for a message, except the round trip; `bare` is a socket that writes the same bytes and parses next to nothing.",
    `${processor}, ${cores} cores, Node ${node.slice(1)}, mosquitto ${mosquitto}, ${packages.join(", ")}; ${date}.`,
    "",
  ].join("\n");
}

/** README.md with the section of these results; `undefined` when it has no marks. */
export function withSection(readme: string, results: Results): string | undefined {
  return withMarkedSection(readme, "bench", section(results));
}

/** Writes results.json and README.md. @returns false when README.md has no marks */
export function update(results: Results): boolean {
  writeFileSync(RESULTS_PATH, `${JSON.stringify(results, undefined, 2)}\n`);
  const readme = existsSync(README_PATH)
    ? withSection(readFileSync(README_PATH, "utf8"), results)
    : undefined;
  if (readme !== undefined) writeFileSync(README_PATH, readme);
  return readme !== undefined;
}
