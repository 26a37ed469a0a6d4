/** Middle of the values in order; the mean of the middle two when their number is even. At least one value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Value below which `share` of the values lie, between neighbours by proportion.
 * @param share - 0 to 1
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("no values");
  const sorted = Float64Array.from(values).sort();
  const position = share * (sorted.length - 1);
  const index = Math.floor(position);
  const low = sorted[index]!;
  const high = sorted[Math.min(index + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - index);
}

/**
 * Median of the ratios of the two values of each round. What disturbs the machine for longer than a round disturbs both values, so
 * it leaves their ratio alone.
 */
export function pairedRatio(numerators: readonly number[], denominators: readonly number[]): number {
  if (numerators.length !== denominators.length)
    throw new RangeError(`${numerators.length} values against ${denominators.length}`);
  return median(numerators.map((numerator, round) => numerator / denominators[round]!));
}

/** To so many significant digits: noise is not worth a change of results.json. */
export function significant(value: number, digits: number = 3): number {
  return Number(value.toPrecision(digits));
}
