/** One way to do what is measured: `count` times, synchronously. */
export interface Subject {
  readonly name: string;
  run(count: number): void;
}

export interface InterleaveOptions {
  /** Rounds that count; before them run three that do not. Default 31. */
  readonly rounds?: number;
  /** Least duration of one subject's batch, ms. Default 4. */
  readonly milliseconds?: number;
}

const WARM_UP = 3;
/** Trials of at least half a batch before the batch is measured out; V8 compiles meanwhile. */
const TRIALS = 20;

/**
 * Runs all subjects in each round, batch after batch, each round beginning with another of them.
 * @returns for each subject, by name, its time for one operation in each round, ns
 */
export function interleave(
  subjects: readonly Subject[],
  options: InterleaveOptions = {},
): ReadonlyMap<string, readonly number[]> {
  const { rounds = 31, milliseconds = 4 } = options;
  const counts = subjects.map((subject) => calibrate(subject, milliseconds));
  const times = subjects.map((): number[] => []);
  for (let round = -WARM_UP; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const index = (turn + round + WARM_UP) % subjects.length;
      const count = counts[index]!;
      const elapsed = time(subjects[index]!, count);
      if (round >= 0) times[index]!.push((elapsed * 1e6) / count);
    }
  }
  return new Map(subjects.map(({ name }, index) => [name, times[index]!]));
}

/**
 * How many operations last so long, once the subject has been compiled: by the fastest of some trials, because in any one of them the
 * machine may have been busy with something else.
 */
function calibrate(subject: Subject, milliseconds: number): number {
  let count = 1;
  let fastest = Number.POSITIVE_INFINITY;
  for (let trials = 0; trials < TRIALS; ) {
    const elapsed = time(subject, count);
    fastest = Math.min(fastest, elapsed / count);
    if (elapsed > milliseconds / 2) trials++;
    else count *= 2;
  }
  return Math.max(1, Math.ceil(milliseconds / fastest));
}

function time(subject: Subject, count: number): number {
  const start = performance.now();
  subject.run(count);
  return performance.now() - start;
}
