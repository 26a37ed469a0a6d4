/** A version of the standard: MQTT 3.1.1 (OASIS 2014) or MQTT 5.0 (OASIS 2019). */
export type Version = "3.1.1" | "5.0";

export const VERSIONS: readonly Version[] = ["3.1.1", "5.0"];

/** One normative statement of the standard. */
export interface Statement {
  readonly version: Version;
  /** As the standard numbers it: `MQTT-3.3.1-2`. */
  readonly id: string;
  readonly who: "client" | "server" | "both";
  readonly paraphrase: string;
}

/** Why a statement has no test. */
export interface Reason {
  readonly version: Version;
  readonly id: string;
  readonly reason: string;
}

/** Whether a client has to keep the statement. */
export function bindsClient(statement: Statement): boolean {
  return statement.who !== "server";
}

/** Reads `normative-<version>.tsv`: id, who, paraphrase. */
export function parseStatements(version: Version, text: string): Statement[] {
  return rowsOf(text, ["id", "who", "paraphrase"]).map(([id = "", who, paraphrase = ""]) => {
    if (!/^MQTT-[\d.]+-\d+$/.test(id)) throw new Error(`"${id}" is no statement`);
    if (who !== "client" && who !== "server" && who !== "both") throw new Error(`${id} binds "${who}"`);
    return { version, id, who, paraphrase };
  });
}

/** Reads `reasons.tsv`: version, id, reason. */
export function parseReasons(text: string): Reason[] {
  return rowsOf(text, ["version", "id", "reason"]).map(([version, id = "", reason = ""]) => {
    if (version !== "3.1.1" && version !== "5.0") throw new Error(`"${version}" is no version`);
    return { version, id, reason };
  });
}

/** Rows of tab-separated text below a line of column names; each has them all, and none is empty. */
export function rowsOf(text: string, columns: readonly string[]): string[][] {
  const [head, ...lines] = text.trimEnd().split("\n");
  if (head !== columns.join("\t")) throw new Error(`columns are "${head}", not ${columns.join(", ")}`);
  return lines.map((line) => {
    const cells = line.split("\t");
    if (cells.length !== columns.length || cells.includes("")) throw new Error(`row "${line}"`);
    return cells;
  });
}
