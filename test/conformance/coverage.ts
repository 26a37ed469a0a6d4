import { bindsClient, type Reason, type Statement, VERSIONS, type Version } from "./statements";

/*
 * Which statements have a test. A test claims the statements whose ids its own title starts with, one or several:
 * `[MQTT-3.3.1-2] [MQTT-2.3.1-5] at QoS 0 ...`. Both versions use the same ids for different statements; a test is one of
 * MQTT 5.0 when its file stands in a folder `version-5`, or a `describe` around it has a title that starts with `MQTT 5.0`.
 * Every other test is one of MQTT 3.1.1.
 */

/** One test that ran. */
export interface TestResult {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Titles of the `describe` blocks around it, outermost first. */
  readonly ancestors: readonly string[];
  readonly title: string;
  readonly passed: boolean;
}

export interface StatementCoverage extends Statement {
  /** Names of the passed tests that claim it. */
  readonly tests: readonly string[];
  readonly reason?: string;
}

export interface Coverage {
  /** Statements that bind a client, with their tests. */
  readonly statements: readonly StatementCoverage[];
  /** What is wrong with tests and tables: each line makes the run fail. */
  readonly faults: readonly string[];
}

export interface Count {
  readonly covered: number;
  readonly total: number;
}

export function versionOf(test: Pick<TestResult, "file" | "ancestors">): Version {
  if (test.file.split("/").slice(0, -1).includes("version-5")) return "5.0";
  return test.ancestors.some((title) => /^MQTT 5\.0\b/.test(title)) ? "5.0" : "3.1.1";
}

/** Ids that a title starts with. */
export function idsOf(title: string): string[] {
  const [start = ""] = /^(\[MQTT-[\d.]+-\d+\],?\s*)+/.exec(title) ?? [];
  return [...start.matchAll(/\[([^\]]+)\]/g)].map(([, id = ""]) => id);
}

/** A test as people find it again. */
export function nameOf(test: TestResult): string {
  return `${test.file} > ${[...test.ancestors, test.title].join(" > ")}`;
}

/** Joins the tests that ran with the statements. */
export function coverageOf(
  statements: readonly Statement[],
  reasons: readonly Reason[],
  results: readonly TestResult[],
): Coverage {
  const tests = new Map<string, string[]>(statements.map((statement) => [keyOf(statement), []]));
  const faults: string[] = [];
  for (const result of results) {
    const version = versionOf(result);
    const ids = idsOf(result.title);
    if (ids.length > 0 && !result.passed) faults.push(`failed: ${nameOf(result)}`);
    for (const id of ids) {
      const claims = tests.get(keyOf({ version, id }));
      if (!claims) faults.push(`${version} has no ${id}: ${nameOf(result)}`);
      else if (result.passed) claims.push(nameOf(result));
    }
  }
  const excuses = new Map(reasons.map((entry) => [keyOf(entry), entry.reason]));
  const rows = statements.filter(bindsClient).map((statement): StatementCoverage => {
    const reason = excuses.get(keyOf(statement));
    excuses.delete(keyOf(statement));
    const row = { ...statement, tests: tests.get(keyOf(statement)) ?? [] };
    if (reason !== undefined && row.tests.length > 0)
      faults.push(`${statement.version} ${statement.id} has tests, and a reason for having none`);
    return reason === undefined ? row : { ...row, reason };
  });
  for (const key of excuses.keys()) faults.push(`a reason for ${key}, which binds no client`);
  return { statements: rows, faults };
}

export function countOf(coverage: Coverage, version: Version): Count {
  const rows = coverage.statements.filter((row) => row.version === version);
  return { covered: rows.filter((row) => row.tests.length > 0).length, total: rows.length };
}

/** Whether every statement has a test or a reason, and every test that claims one passed. */
export function isComplete(coverage: Coverage): boolean {
  const { statements, faults } = coverage;
  return faults.length === 0 && statements.every(({ tests, reason }) => tests.length > 0 || reason);
}

/** The report as text. */
export function reportOf(coverage: Coverage): string {
  const lines = [
    VERSIONS.map((version) => {
      const { covered, total } = countOf(coverage, version);
      return `${version}: ${covered} of ${total}`;
    }).join(", "),
  ];
  for (const { version, id, who, paraphrase, tests, reason } of coverage.statements) {
    if (tests.length > 0) continue;
    lines.push(`  ${version} [${id}] ${who}: ${paraphrase}`, `    ${reason ?? "NO TEST AND NO REASON"}`);
  }
  for (const fault of coverage.faults) lines.push(`  ${fault}`);
  return lines.join("\n");
}

function keyOf({ version, id }: Pick<Statement, "version" | "id">): string {
  return `${version} ${id}`;
}
