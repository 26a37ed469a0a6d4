import { clientProperties } from "./client-property";
import type { FuzzProperty } from "./fuzz-property";
import { memoryProperties } from "./memory-property";
import { readerProperties } from "./reader-property";
import { reliableProperties } from "./reliable-property";
import { roundTripProperties } from "./round-trip-property";

/**
 * All that is fuzzed. Of 1,000 runs 478 go to the readers alone, 390 to whole connections, 131 to round trips and 1 to a flood,
 * which costs as much as some hundred of the others.
 */
export const properties: readonly FuzzProperty[] = [
  ...readerProperties,
  ...clientProperties,
  ...reliableProperties,
  ...memoryProperties,
  ...roundTripProperties,
];
