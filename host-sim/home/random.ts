/**
 * A seeded source of numbers in [0, 1) (mulberry32), so that `--seed` repeats a house's weather, visitor and back-off.
 * @param seed - 0 to 4,294,967,295
 * @param stream - names the user, so that one part drawing more numbers does not shift another's
 */
export function seededRandom(seed: number, stream: string): () => number {
  let state = (seed ^ hash(stream)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
