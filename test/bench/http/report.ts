import type { Cost } from "./measure";

export interface HttpRow extends Cost {
  readonly title: string;
  readonly hop: "sensor" | "phone";
}

export interface HttpResults {
  readonly date: string;
  readonly system: string;
  readonly node: string;
  readonly broker: string;
  readonly rows: readonly HttpRow[];
}

/** Readings of a day at one every ten seconds. */
const DAY = 8_640;

const HOPS = { sensor: "a reading from the sensor", phone: "a reading to the phone" } as const;

/** For a terminal of 80 columns. */
export function textTable(rows: readonly HttpRow[]): string {
  const lines: string[] = [];
  for (const hop of ["sensor", "phone"] as const) {
    lines.push(textLine(HOPS[hop], ["TCP bytes", "IP bytes", "packets", "a day"]), "-".repeat(80));
    for (const row of rows.filter((candidate) => candidate.hop === hop))
      lines.push(textLine(row.title, cells(row)));
    lines.push("");
  }
  return lines.join("\n").trimEnd();
}

function textLine(
  title: string,
  [payload = "", bytes = "", packets = "", day = ""]: readonly string[],
): string {
  return `${title.padEnd(40)}${payload.padStart(10)}${bytes.padStart(10)}${packets.padStart(9)}${day.padStart(11)}`;
}

function cells({ payload, bytes, packets }: Cost): string[] {
  return [whole(payload), whole(bytes), packets.toFixed(1), `${((bytes * DAY) / 1e6).toFixed(2)} MB`];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** What stands in README.md between the marks: table and picture. */
export function section({ rows, date, system, node, broker }: HttpResults): string {
  const lines = [""];
  for (const hop of ["sensor", "phone"] as const) {
    const some = rows.filter((row) => row.hop === hop);
    lines.push(`| ${HOPS[hop]} | TCP bytes | IP bytes | packets | a day |`, "|---|--:|--:|--:|--:|");
    for (const row of some) lines.push(`| ${[row.title, ...cells(row)].join(" | ")} |`);
    lines.push("");
  }
  lines.push(...picture(rows), "");
  lines.push(
    "TCP bytes: HTTP's headers and body, or MQTT's packets, both ways. IP bytes: the same with the headers of IP and TCP and TCP's own packets, counted by the kernel on loopback.",
    `A day has a reading every 10 s. HTTP with the few headers Node sends by default, without TLS on either side. ${system}, Node ${node}, ${broker}; ${date}.`,
    "",
  );
  return lines.join("\n");
}

/** A chart in Mermaid, which GitHub draws. */
function picture(rows: readonly HttpRow[]): string[] {
  const labels = rows.map(
    ({ title, hop }) => `"${title.replace(/, /g, " ")}${hop === "phone" ? " (phone)" : ""}"`,
  );
  return [
    "```mermaid",
    "xychart-beta horizontal",
    '  title "IP bytes for one reading of five bytes"',
    `  x-axis [${labels.join(", ")}]`,
    '  y-axis "bytes"',
    `  bar [${rows.map(({ bytes }) => Math.round(bytes)).join(", ")}]`,
    "```",
  ];
}
