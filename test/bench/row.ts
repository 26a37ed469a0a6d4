/** One line of the comparison. */
export interface Row {
  /** Stays the same when the title changes. */
  readonly id: string;
  /** "codec": the ratio says how many times faster than mqtt-packet. "client": it says what part of the peer's time is taken. */
  readonly group: "codec" | "client";
  readonly title: string;
  readonly unit: "ns" | "us";
  /** Ours, for one operation: median of the rounds. */
  readonly time: number;
  /** Others' times in the same unit, by name. */
  readonly others: Readonly<Record<string, number>>;
  /** Median of the ratios of the rounds; see `group`. */
  readonly ratio: number;
  readonly target?: Target;
  /** Allocated by one operation of ours. */
  readonly bytes?: number;
  /** The most it may allocate. */
  readonly bytesTarget?: number;
  /** What else was measured and explains the ratio, for a target that is missed. */
  readonly reason?: string;
}

/** What a ratio shall be. */
export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What a row misses, as sentences with the figures; none when it meets its targets. */
export function misses(row: Row): string[] {
  const { title, ratio, bytes, bytesTarget, reason } = row;
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = row.target ?? {};
  const because = reason === undefined ? "" : `: ${reason}`;
  const found: string[] = [];
  if (ratio < atLeast) found.push(`${title}: ratio ${ratio}, target at least ${atLeast}${because}`);
  if (ratio > atMost) found.push(`${title}: ratio ${ratio}, target at most ${atMost}${because}`);
  if (bytes !== undefined && bytesTarget !== undefined && bytes > bytesTarget)
    found.push(`${title}: ${bytes} bytes allocated, target at most ${bytesTarget}`);
  return found;
}

/** For people: `>= 6`, `<= 0.6`, or nothing. */
export function targetText({ target }: Row): string {
  if (target?.atLeast !== undefined) return `>= ${target.atLeast}`;
  return target?.atMost === undefined ? "" : `<= ${target.atMost}`;
}
