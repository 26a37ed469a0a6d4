import type { BrokerRow } from "./measure";

export interface BrokerResults {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  readonly mosquitto: string;
  readonly idle: number;
  readonly rows: readonly BrokerRow[];
}

const HEADS = ["memory", "each client", "messages/s", "CPU each"] as const;

/** For a terminal of 80 columns. */
export function textTable(rows: readonly BrokerRow[]): string {
  const line = (title: string, cells: readonly string[]) =>
    title.padEnd(24) + cells.map((cell) => cell.padStart(14)).join("");
  return [line("broker", HEADS), "-".repeat(80), ...rows.map((row) => line(row.name, cells(row)))].join("\n");
}

function cells({ base, client, rate, work }: BrokerRow): string[] {
  return [
    `${(base / 1e6).toFixed(1)} MB`,
    `${(client / 1e3).toFixed(1)} kB`,
    Math.round(rate).toLocaleString("en-US"),
    work === undefined ? "" : `${work.toFixed(0)} us`,
  ];
}

/** What stands in README.md between the marks. */
export function section({
  rows,
  date,
  processor,
  cores: count,
  node,
  mosquitto,
  idle,
}: BrokerResults): string {
  return [
    "",
    `| broker | ${HEADS.join(" | ")} |`,
    "|---|--:|--:|--:|--:|",
    ...rows.map((row) => `| ${[row.name, ...cells(row)].join(" | ")} |`),
    "",
    `Memory with nobody connected, and for each of ${idle.toLocaleString("en-US")} idle clients with a subscription; messages of five bytes at QoS 1 from 100 clients to one subscriber at QoS 1, each sent when the one`,
    `before was acknowledged, with the measuring process on the same machine. ${processor}, ${count} cores, Node ${node}, mosquitto ${mosquitto}; ${date}.`,
    "",
  ].join("\n");
}
