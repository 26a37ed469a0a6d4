import Table from "cli-table3";
import type { DebuggedMachine } from "./debugger";
import { cut } from "./stop-report";

const NO_LINES: Record<string, string> = Object.fromEntries(
  "top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle"
    .split(" ")
    .map((name) => [name, ""]),
);

/** Characters of instrument, value and peak; with two spaces between. */
const WIDTHS = [26, 34, 14] as const;

/** What machines use, as a table of at most `columns` characters a line, 80 at least. */
export function renderInstruments(machines: readonly DebuggedMachine[], columns: number): string {
  return machines
    .map((machine) => {
      const { label, stop, instrumentation } = machine;
      const heading = `${label}  ${stop ? `stopped: ${stop.reason}` : "runs"}`;
      return `${cut(heading, Math.max(80, columns))}\n${instrumentation.last ? renderTable(machine) : "  no samples yet"}`;
    })
    .join("\n\n");
}

function renderTable({ instrumentation }: DebuggedMachine): string {
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    colWidths: WIDTHS.map((width) => width + 2),
    colAligns: ["left", "right", "right"],
    head: ["  Instrument", "Now", "Peak"],
  });
  for (const { name, now, peak } of instrumentation.rows()) table.push([`  ${name}`, now, peak]);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
