import { nameOf, type StatementCoverage, type TestResult } from "../conformance/coverage";
import { rowsOf } from "../conformance/statements";

/** What is used of Stryker's mutation.json (mutation-testing-report-schema, version 2). */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
  readonly testFiles?: Readonly<Record<string, { readonly tests: readonly { id: string; name: string }[] }>>;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Position; readonly end: Position };
  readonly killedBy?: readonly string[];
}

/** Why a mutant may live. `*` in the first three stands for anything. */
export interface Excuse {
  readonly file: string;
  /** The code that is replaced, on one line. */
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

export interface Survivor {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  /** False: no test reaches it. */
  readonly covered: boolean;
  readonly reason?: string;
}

export interface MutationResult {
  /** Mutants by status: Killed, Timeout, Survived, NoCoverage, Ignored ... */
  readonly counts: Readonly<Record<string, number>>;
  /** Killed of all that are valid and not ignored, percent. */
  readonly score: number;
  /** The same without survivors that have a reason. */
  readonly scoreWithReasons: number;
  readonly survivors: readonly Survivor[];
  /** Statements with tests of which none kills a mutant. */
  readonly unproven: readonly StatementCoverage[];
}

/** Reads `survivors.tsv`: file, original, replacement, reason. */
export function parseExcuses(text: string): Excuse[] {
  return rowsOf(text, ["file", "original", "replacement", "reason"]).map(
    ([file = "", original = "", replacement = "", reason = ""]) => ({ file, original, replacement, reason }),
  );
}

/** Joins what Stryker found with the statements and their tests. */
export function resultOf(
  report: MutationReport,
  statements: readonly StatementCoverage[],
  tests: readonly TestResult[],
  excuses: readonly Excuse[],
): MutationResult {
  const counts: Record<string, number> = {};
  const survivors: Survivor[] = [];
  const killers = new Set<string>();
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    const lines = source.split("\n");
    for (const mutant of mutants) {
      counts[mutant.status] = (counts[mutant.status] ?? 0) + 1;
      for (const id of mutant.killedBy ?? []) killers.add(id);
      if (mutant.status === "Survived" || mutant.status === "NoCoverage")
        survivors.push(survivorOf(file, lines, mutant, excuses));
    }
  }
  const killed = (counts.Killed ?? 0) + (counts.Timeout ?? 0);
  const unexcused = survivors.filter(({ reason }) => reason === undefined).length;
  return {
    counts,
    score: percent(killed, killed + survivors.length),
    scoreWithReasons: percent(killed, killed + unexcused),
    survivors,
    unproven: unprovenOf(report, killers, statements, tests),
  };
}

/** The report as text. */
export function textOf(result: MutationResult): string {
  const { counts, score, scoreWithReasons, survivors, unproven } = result;
  const lines = survivors.map(({ file, line, column, mutator, original, replacement, covered, reason }) => {
    const what = `${file}:${line}:${column} ${mutator}: ${shorten(original)} -> ${shorten(replacement)}`;
    return `  ${what}\n    ${reason ?? (covered ? "SURVIVED" : "NO TEST REACHES IT")}`;
  });
  const statuses = Object.entries(counts).map(([status, count]) => `${status} ${count}`);
  return [
    ...lines,
    ...unproven.map(({ version, id, paraphrase }) => `  unproven: ${version} [${id}] ${paraphrase}`),
    `mutants: ${statuses.join(", ")}`,
    `mutation score ${score.toFixed(1)} %, without survivors that have a reason ${scoreWithReasons.toFixed(1)} %; unproven statements: ${unproven.length}`,
  ].join("\n");
}

function survivorOf(
  file: string,
  lines: readonly string[],
  mutant: Mutant,
  excuses: readonly Excuse[],
): Survivor {
  const { start, end } = mutant.location;
  const original = textBetween(lines, start, end);
  const replacement = oneLine(mutant.replacement ?? "");
  const matches = (pattern: string, value: string): boolean => pattern === "*" || pattern === value;
  const excuse = excuses.find(
    (row) =>
      matches(row.file, file) && matches(row.original, original) && matches(row.replacement, replacement),
  );
  const survivor = {
    file,
    line: start.line,
    column: start.column,
    mutator: mutant.mutatorName,
    original,
    replacement,
    covered: mutant.status === "Survived",
  };
  return excuse ? { ...survivor, reason: excuse.reason } : survivor;
}

/** Statements none of whose tests has killed a mutant. */
function unprovenOf(
  report: MutationReport,
  killers: ReadonlySet<string>,
  statements: readonly StatementCoverage[],
  tests: readonly TestResult[],
): StatementCoverage[] {
  const proving = new Set<string>();
  for (const [file, { tests: known }] of Object.entries(report.testFiles ?? {}))
    for (const { id, name } of known) if (killers.has(id)) proving.add(`${file} ${name}`);
  const names = new Map(
    tests.map((test) => [nameOf(test), `${test.file} ${[...test.ancestors, test.title].join(" ")}`]),
  );
  return statements.filter(
    (statement) =>
      statement.tests.length > 0 && !statement.tests.some((name) => proving.has(names.get(name) ?? "")),
  );
}

/** Lines and columns count from 1; `end` is the first character after. */
function textBetween(lines: readonly string[], start: Position, end: Position): string {
  const part = lines.slice(start.line - 1, end.line);
  part[part.length - 1] = part.at(-1)?.slice(0, end.column - 1) ?? "";
  part[0] = part[0]?.slice(start.column - 1) ?? "";
  return oneLine(part.join("\n"));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}
