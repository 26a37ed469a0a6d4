/** A position of the original. */
export interface OriginalPosition {
  /** As the map names it, with its `sourceRoot`. */
  readonly source: string;
  /** From 1. */
  readonly line: number;
}

/** What is in a source map of version 3, as far as a debugger of lines needs it. */
export class SourceMap {
  readonly sources: readonly string[];
  readonly #contents: readonly (string | null)[];
  /** By generated line from 0: pairs of source and original line from 1, in the order of columns. */
  readonly #lines: readonly (readonly (readonly [number, number])[])[];

  /** @throws {Error} if `json` is no source map */
  constructor(json: string) {
    const map = JSON.parse(json) as Partial<RawMap>;
    if (map.version !== 3 || typeof map.mappings !== "string" || !Array.isArray(map.sources))
      throw new Error("no source map of version 3");
    const root = map.sourceRoot ? `${map.sourceRoot.replace(/\/$/, "")}/` : "";
    this.sources = map.sources.map((source) => `${root}${source ?? ""}`);
    this.#contents = map.sourcesContent ?? [];
    this.#lines = decodeMappings(map.mappings);
  }

  /** Where a line comes from: by the first of its columns that comes from anywhere, or the line above. */
  original(line: number): OriginalPosition | undefined {
    for (let index = Math.min(line, this.#lines.length) - 1; index >= 0; index -= 1) {
      const first = this.#lines[index]?.[0];
      if (first) return { source: this.sources[first[0]] ?? "", line: first[1] };
    }
    return undefined;
  }

  /**
   * The generated lines that begin what stands in a line of the original, or, if nothing does, in the nearest line below it.
   * @returns lines from 1, ascending
   */
  generated(source: number, line: number): number[] {
    let nearest = Number.POSITIVE_INFINITY;
    let found: number[] = [];
    for (const [index, segments] of this.#lines.entries())
      for (const [from, original] of segments) {
        if (from !== source || original < line || original > nearest) continue;
        if (original < nearest) found = [];
        nearest = original;
        if (found.at(-1) !== index + 1) found.push(index + 1);
      }
    return found;
  }

  /** The text of a source, if the map carries it. */
  content(source: number): string | undefined {
    return this.#contents[source] ?? undefined;
  }
}

interface RawMap {
  readonly version: number;
  readonly sourceRoot?: string;
  readonly sources: readonly (string | null)[];
  readonly sourcesContent?: readonly (string | null)[];
  readonly mappings: string;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function decodeMappings(mappings: string): [number, number][][] {
  let source = 0;
  let line = 0;
  return mappings.split(";").map((text) => {
    const segments: [number, number][] = [];
    for (const segment of text.split(",")) {
      const fields = decodeSegment(segment);
      if (fields.length < 4) continue;
      source += fields[1]!;
      line += fields[2]!;
      segments.push([source, line + 1]);
    }
    return segments;
  });
}

/** Base64 VLQ: five bits a digit, least significant first, the sign in the lowest bit. */
function decodeSegment(segment: string): number[] {
  const fields: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) throw new Error(`"${character}" in the mappings of a source map`);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    fields.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return fields;
}

const MAP_COMMENT = /^\/\/[#@] sourceMappingURL=(\S+)\s*$/gm;

/** What the last `sourceMappingURL` of a module says: a file beside it, or the map itself. */
export function sourceMapReference(
  code: string,
): { readonly json: string } | { readonly file: string } | undefined {
  const url = [...code.matchAll(MAP_COMMENT)].at(-1)?.[1];
  if (url === undefined) return undefined;
  const data = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(url);
  if (!data) return url.startsWith("data:") ? undefined : { file: decodeURIComponent(url) };
  const json = data[1] ? Buffer.from(data[2]!, "base64").toString("utf8") : decodeURIComponent(data[2]!);
  return { json };
}
