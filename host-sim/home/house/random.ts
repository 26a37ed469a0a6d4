import { createRandom, type Random } from "../../board/random";

/**
 * One of a house's sources of numbers: `--seed` repeats its weather, its visitor and the devices' back-off.
 * @param seed - 0 to 4,294,967,295
 * @param stream - names the user, so that one part drawing more numbers does not shift another's
 */
export function seededRandom(seed: number, stream: string): Random {
  return createRandom((seed ^ hash(stream)) >>> 0);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
