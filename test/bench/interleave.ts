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
/** Time that a subject runs before its batch is measured out, ms. */
const COMPILING = 60;

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

/** How many operations last so long, once the subject has been compiled. */
function calibrate(subject: Subject, milliseconds: number): number {
  let count = 1;
  let elapsed = 0;
  // The first call may be slow for reasons of its own: mqtt-packet fills a cache of 65,536 numbers.
  for (let total = 0; total < COMPILING || elapsed < milliseconds / 2; total += elapsed) {
    elapsed = time(subject, count);
    if (elapsed < milliseconds / 2) count *= 2;
  }
  return Math.max(1, Math.ceil((count * milliseconds) / elapsed));
}

function time(subject: Subject, count: number): number {
  const start = performance.now();
  subject.run(count);
  return performance.now() - start;
}
