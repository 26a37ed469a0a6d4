import type { MutationResult } from "./report";

/** What README.md says of the last run; test/mutation/results.json. */
export interface MutationSummary {
  readonly date: string;
  /** Mutants that tests have killed, and those that live; of others nothing can be told. */
  readonly killed: number;
  readonly survived: number;
  /** Survivors with a reason in survivors.tsv. */
  readonly explained: number;
  /** Percent. */
  readonly score: number;
  /** Normative statements whose tests kill no mutant. */
  readonly unproven: number;
}

export function summaryOf(
  { counts, score, survivors, unproven }: MutationResult,
  now: Date,
): MutationSummary {
  const { Killed = 0, Timeout = 0 } = counts;
  return {
    date: now.toISOString().slice(0, 10),
    killed: Killed + Timeout,
    survived: survivors.length,
    explained: survivors.filter(({ reason }) => reason !== undefined).length,
    score: Math.round(score * 10) / 10,
    unproven: unproven.length,
  };
}

/** What stands in README.md between the marks. */
export function section({ date, killed, survived, explained, score, unproven }: MutationSummary): string {
  const mutants = (killed + survived).toLocaleString("en-US");
  return [
    "",
    `Mutation score of \`device/mqtt\` and \`device/client\`: **${score} %** of ${mutants} mutants; of the ${survived} survivors ${explained} have a reason in`,
    `[survivors.tsv](test/mutation/survivors.tsv). Normative statements whose tests kill no mutant: ${unproven}. ${date}.`,
    "",
  ].join("\n");
}
