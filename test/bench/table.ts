import { misses, type Row, targetText } from "./row";

const WIDTH = 80;

interface Column {
  readonly head: string;
  readonly cell: (row: Row) => string;
}

const TIME: Column = { head: "time", cell: (row) => duration(row.time, row.unit) };
const RATIO: Column = { head: "ratio", cell: (row) => number(row.ratio) };
const TARGET: Column = { head: "target", cell: targetText };

const CODEC: readonly Column[] = [
  TIME,
  RATIO,
  TARGET,
  { head: "mqtts", cell: mqttsRatio },
  { head: "bytes", cell: (row) => String(row.bytes ?? "") },
  { head: "limit", cell: (row) => String(row.bytesTarget ?? "") },
];

const CLIENT: readonly Column[] = [TIME, RATIO, TARGET, other("MQTT.js"), other("Reliable"), other("bare")];

const HEADS = {
  codec: "PUBLISH, times mqtt-packet",
  client: "client, parts of MQTT.js",
} as const;

/** The table for a terminal of 80 columns; what misses a target is listed below it with the reason. */
export function textTable(rows: readonly Row[]): string {
  const lines: string[] = [];
  for (const [group, columns] of groups(rows)) {
    const widths = columns.map(
      ({ head, cell }) => Math.max(head.length, ...group.map((row) => cell(row).length)) + 2,
    );
    const first = WIDTH - widths.reduce((sum, width) => sum + width, 0);
    const line = (title: string, cells: readonly string[]) =>
      title.padEnd(first) + cells.map((cell, index) => cell.padStart(widths[index]!)).join("");
    if (lines.length > 0) lines.push("");
    lines.push(
      line(
        HEADS[group[0]!.group],
        columns.map(({ head }) => head),
      ),
      "-".repeat(WIDTH),
    );
    for (const row of group)
      lines.push(
        line(
          row.title,
          columns.map(({ cell }) => cell(row)),
        ),
      );
  }
  const missed = rows.flatMap(misses);
  if (missed.length > 0) lines.push("", ...missed.map((text) => `missed: ${text}`));
  return lines.join("\n");
}

/** The same for README.md. */
export function markdownTable(rows: readonly Row[]): string {
  const lines: string[] = [];
  for (const [group, columns] of groups(rows)) {
    if (lines.length > 0) lines.push("");
    lines.push(`| ${[HEADS[group[0]!.group], ...columns.map(({ head }) => head)].join(" | ")} |`);
    lines.push(`|---|${columns.map(() => "--:|").join("")}`);
    for (const row of group)
      lines.push(`| ${[row.title, ...columns.map(({ cell }) => cell(row))].join(" | ")} |`);
  }
  return lines.join("\n");
}

function groups(rows: readonly Row[]): (readonly [readonly Row[], readonly Column[]])[] {
  const codec = rows.filter(({ group }) => group === "codec");
  const client = rows.filter(({ group }) => group === "client");
  return (
    [
      [codec, CODEC],
      [client, CLIENT],
    ] as const
  ).filter(([group]) => group.length > 0);
}

/** mqtts in times of mqtt-packet too. */
function mqttsRatio({ others }: Row): string {
  const mqtts = others.mqtts;
  const mqttPacket = others["mqtt-packet"];
  return mqtts === undefined || mqttPacket === undefined ? "" : number(mqttPacket / mqtts);
}

function other(name: string): Column {
  return {
    head: name,
    cell: ({ others, unit }) => (others[name] === undefined ? "" : duration(others[name], unit)),
  };
}

/** Three digits, with the next larger unit from 1,000 on. */
function duration(time: number, unit: "ns" | "us"): string {
  if (time < 1000) return `${number(time)} ${unit}`;
  return `${number(time / 1000)} ${unit === "ns" ? "us" : "ms"}`;
}

function number(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}
