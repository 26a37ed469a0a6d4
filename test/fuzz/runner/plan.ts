import type { FuzzProperty } from "../fuzz-property";

/** One call of fast-check. */
export interface Batch {
  /** Index of the property. */
  readonly property: number;
  readonly seed: number;
  readonly runs: number;
}

/** A seed of its own for each batch, always the same ones for one seed of the whole. */
export function batchSeed(seed: number, property: string, batch: number): number {
  let hash = seed ^ 0x9e37_79b9;
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ value, 0x85eb_ca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2_ae35);
    hash ^= hash >>> 16;
  };
  for (let index = 0; index < property.length; index++) mix(property.charCodeAt(index));
  mix(batch);
  return hash & 0x7fff_ffff;
}

/** Splits the runs over the properties by their shares, and those of each into batches; batches of all take turns. */
export function planOf(properties: readonly FuzzProperty[], runs: number, seed: number): Batch[] {
  const batches: { at: number; batch: Batch }[] = [];
  const total = properties.reduce((sum, { share }) => sum + share, 0);
  let shares = 0;
  let given = 0;
  properties.forEach(({ name, share, batch: most }, property) => {
    shares += share;
    // By what all so far shall have, so that rounding loses none.
    const own = Math.round((runs * shares) / total) - given;
    given += own;
    const count = Math.ceil(own / most);
    for (let index = 0; index < count; index++) {
      const size = Math.min(most, own - index * most);
      batches.push({
        at: (index + 0.5) / count,
        batch: { property, seed: batchSeed(seed, name, index), runs: size },
      });
    }
  });
  return batches.sort((one, other) => one.at - other.at).map(({ batch }) => batch);
}
