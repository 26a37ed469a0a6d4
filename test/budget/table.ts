import type { Figures } from "./client-figures";
import { GROUPS, type Group, misses, type Row } from "./rows";

const WIDTH = 80;

/** What stands below the tables: how it was measured, in lines of at most 160 characters. */
const NOTE = `Exact figures of Moddable's engine, XS 13.3 (32 bit, slots of 16 bytes), the same on every machine: work is what its meter counts,
bytecodes run and bytes that built-ins move; garbage is bytes allocated for one message, once the first few have gone. The socket and
the broker are a few lines inside the machine, which allocate nothing; what they cost without a client is subtracted. Options and payloads
are made once, as a device does. Of the work for a message in or out 50 is XS moving 20 bytes, 30 the scenario's socket taking a packet, and 200 looking
whether a topic of 9 bytes is that of the message before: a third of the incumbent's work, which was the goal, is about what these take alone. Figures of others are published ones, of XS 17.7 in a harness of their own; only the orders of magnitude compare.`;

/** The tables for a terminal of 80 columns; what misses a goal is listed below with the reason. */
export function textTable(figures: Figures): string {
  const tables = GROUPS.map((group) => textGroup(group, figures));
  return [...tables, missText(figures)].filter((text) => text !== "").join("\n\n");
}

function textGroup(group: Group, figures: Figures): string {
  const columns = [...group.columns.map((column) => column), ...(hasGoals(group) ? ["goal"] : [])];
  const cells = group.rows.map((row) => cellsOf(group, row, figures));
  const widths = columns.map(
    (column, index) =>
      Math.max(
        column.length,
        ...cells.filter((_, at) => group.rows[at]!.figures.length > 0).map((row) => row[index]!.length),
      ) + 2,
  );
  const first = WIDTH - widths.reduce((sum, width) => sum + width, 0);
  const line = (title: string, texts: readonly string[]): string => {
    const wide = texts.some((text, index) => text.length > widths[index]! - 2);
    if (wide) return `${title.padEnd(WIDTH - joined(texts).length)}${joined(texts)}`;
    return (
      title.padEnd(first) + texts.map((text, index) => text.padStart(widths[index]!)).join("")
    ).trimEnd();
  };
  return [
    line(group.title, columns),
    "-".repeat(WIDTH),
    ...group.rows.map((row, index) => line(row.title, cells[index]!)),
  ].join("\n");
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("  ");
}

function missText(figures: Figures): string {
  return misses(figures)
    .map(
      ({ title, column, value, goal, reason }) =>
        `missed: ${title}: ${number(value)} ${column} over ${number(goal)}${reason ? `: ${reason}` : ""}`,
    )
    .map(wrap)
    .join("\n");
}

function wrap(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ` ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** The same for README.md. */
export function section(figures: Figures): string {
  const tables = GROUPS.map((group) => {
    const columns = [...group.columns, ...(hasGoals(group) ? ["goal"] : [])];
    const rows = group.rows.map(
      (row) => `| ${[indented(row.title), ...cellsOf(group, row, figures)].join(" | ")} |`,
    );
    return [
      `| ${[group.title, ...columns].join(" | ")} |`,
      `|---|${columns.map(() => "--:|").join("")}`,
      ...rows,
    ].join("\n");
  });
  const missed = misses(figures).map(
    ({ title, column, value, goal, reason }) =>
      `- Missed: ${title}, ${number(value)} (${column}) over ${number(goal)}${reason ? `: ${reason}.` : "."}`,
  );
  return ["", tables.join("\n\n"), "", NOTE, "", ...(missed.length > 0 ? [...missed, ""] : [])].join("\n");
}

function indented(title: string): string {
  return title.replace(/^ +/, (spaces) => "&nbsp;".repeat(spaces.length));
}

function hasGoals(group: Group): boolean {
  return group.rows.some(({ goals }) => goals !== undefined);
}

function cellsOf(group: Group, row: Row, figures: Figures): string[] {
  const cells = group.columns.map((_, index) => {
    const name = row.figures[index];
    if (name === undefined) return row.published?.[index] ?? "";
    const value = figures[name];
    return value === undefined ? "?" : number(value);
  });
  return hasGoals(group) ? [...cells, goalText(row)] : cells;
}

/** Each goal with the initial of its column, where there are several: `64 g, 1 w`. */
function goalText({ goals = [] }: Row): string {
  const set = goals.filter((goal) => goal !== undefined);
  return set.map(number).join(" / ");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
