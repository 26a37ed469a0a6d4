/** Random numbers of 0 or more, less than 1. */
export type Random = () => number;

/**
 * A seeded generator (32-bit state, the mulberry32 mixing function), the same on every engine.
 * @param seed - any integer; the same seed gives the same numbers
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Normally distributed, mean 0, standard deviation 1 (Box-Muller). */
export function gaussian(random: Random): number {
  // 1 - random() is never 0, whose logarithm is infinite.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
