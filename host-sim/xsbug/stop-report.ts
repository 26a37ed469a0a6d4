import type { DebuggedMachine, Stop } from "./debugger";
import { describeLocals, type Variable } from "./inspection";
import type { Frame } from "./protocol";
import type { SourcePosition, Sources } from "./sources";

/** A frame with its place in the source. */
export interface FrameReport {
  readonly name: string;
  readonly source: SourcePosition | undefined;
  /** Undefined: not asked for. */
  readonly locals: readonly Variable[] | undefined;
}

/** A stop, for people and for programs. */
export interface StopReport {
  readonly machine: string;
  readonly reason: Stop["reason"];
  readonly text: string;
  readonly source: SourcePosition | undefined;
  readonly frames: readonly FrameReport[];
}

/** Frames whose locals are shown. */
const FRAMES_WITH_LOCALS = 3;

/**
 * Asks a stopped machine for what a report needs. The innermost frame is the selected one afterwards.
 * @param withLocals - of the innermost frames
 * @returns undefined: the machine has gone, or goes on
 */
export async function reportStop(
  machine: DebuggedMachine,
  sources: Sources,
  withLocals: boolean,
): Promise<StopReport | undefined> {
  const { stop } = machine;
  if (!stop) return undefined;
  const scripted = stop.frames.filter(({ position }) => position !== undefined);
  const wanted = new Set(withLocals ? scripted.slice(0, FRAMES_WITH_LOCALS) : []);
  const frames: FrameReport[] = [];
  for (const frame of stop.frames) {
    const locals = wanted.has(frame) ? await localsOf(machine, frame) : undefined;
    frames.push({ name: frame.name, source: frame.position && sources.locate(frame.position), locals });
  }
  const [innermost] = stop.frames;
  if (innermost && machine.scope?.frame.id !== innermost.id) await machine.select(innermost.id);
  if (machine.stop !== stop) return undefined;
  const { reason, text } = stop;
  const source = stop.position && sources.locate(stop.position);
  return { machine: machine.label, reason, text, source, frames };
}

async function localsOf(machine: DebuggedMachine, frame: Frame): Promise<Variable[]> {
  if (machine.scope?.frame.id !== frame.id) await machine.select(frame.id);
  return describeLocals(machine);
}

/** Adds colour where the output has some. */
export type Paint = (style: "red" | "bold" | "dim", text: string) => string;

const LINES_AROUND = 2;

const HEADLINES: Readonly<Record<Stop["reason"], string>> = {
  exception: "exception",
  breakpoint: "breakpoint",
  debugger: "debugger statement",
  step: "step",
};

/** A stop in lines of at most `columns` characters. */
export function printStop(report: StopReport, columns: number, paint: Paint, withFrames: boolean): string {
  const { reason, source, text } = report;
  const native = text.startsWith("C: ") ? " in native code" : "";
  const what = reason === "exception" ? `exception: ${text}` : `${HEADLINES[reason]}${native}`;
  const headline = wrap(`${report.machine}: ${what}`, columns);
  const lines = reason === "exception" ? headline.map((line) => paint("red", line)) : headline;
  if (source) {
    const name = report.frames[0]?.name;
    lines.push(cut(`  ${place(source)}${name ? ` in ${name}` : ""}`, columns));
    lines.push(...excerpt(source, columns, paint));
  }
  if (withFrames) lines.push(...printFrames(report.frames, columns, paint));
  return `${lines.join("\n")}\n`;
}

/** The stack with the locals that were asked for. */
export function printFrames(frames: readonly FrameReport[], columns: number, paint: Paint): string[] {
  const width = Math.min(28, Math.max(0, ...frames.map(({ name }) => name.length)));
  return frames.flatMap(({ name, source, locals }) => [
    cut(`  ${(name || "(module)").padEnd(width)}  ${source ? place(source) : ""}`, columns).trimEnd(),
    ...printLocals(locals ?? [], columns, "      ").map((line) => paint("dim", line)),
  ]);
}

export function printLocals(locals: readonly Variable[], columns: number, indent: string): string[] {
  return locals.map(({ name, text }) => cut(`${indent}${name} = ${text.replaceAll("\n", "\\n")}`, columns));
}

export function excerpt(source: SourcePosition, columns: number, paint: Paint): string[] {
  const { lines, line } = source;
  if (!lines || line > lines.length)
    return ["    (the source is not here; give its directory with --sources)"];
  const first = Math.max(1, line - LINES_AROUND);
  const last = Math.min(lines.length, line + LINES_AROUND);
  const digits = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const mark = number === line ? ">" : " ";
    const text = (lines[number - 1] ?? "").replaceAll("\t", "  ").trimEnd();
    const row = cut(`  ${mark} ${String(number).padStart(digits)}  ${text}`, columns).trimEnd();
    shown.push(number === line ? paint("bold", row) : row);
  }
  return shown;
}

export function place({ file, line }: SourcePosition): string {
  return `${file}:${line}`;
}

export function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let rest = text.replaceAll("\n", " ");
  while (rest.length > columns) {
    const space = rest.lastIndexOf(" ", columns);
    const end = space > columns / 2 ? space : columns;
    lines.push(rest.slice(0, end));
    rest = `  ${rest.slice(end).trimStart()}`;
  }
  return [...lines, rest];
}
