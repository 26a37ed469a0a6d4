import { clientProperties } from "./client-property";
import type { FuzzProperty } from "./fuzz-property";
import { memoryProperties } from "./memory-property";
import { readerProperties } from "./reader-property";
import { reliableProperties } from "./reliable-property";
import { roundTripProperties } from "./round-trip-property";

/** All that is fuzzed. */
export const properties: readonly FuzzProperty[] = [
  ...readerProperties,
  ...clientProperties,
  ...reliableProperties,
  ...memoryProperties,
  ...roundTripProperties,
];
