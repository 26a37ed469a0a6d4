/**
 * Bisection between a size that does not do and one that does.
 * @param step - the result is a multiple of it, and so are both bounds
 * @throws {Error} when even `most` does not do
 */
export function smallest(least: number, most: number, step: number, does: (size: number) => boolean): number {
  if (!does(most)) throw new Error(`${most} does not do either`);
  let [low, high] = [least / step, most / step];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (does(middle * step)) high = middle;
    else low = middle;
  }
  return high * step;
}
