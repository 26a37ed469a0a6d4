import type { JSONPath, JSONSource, JSONValue } from "./json-source";
import type { Position } from "./resolved-manifest";

export type Members = { readonly [key: string]: JSONValue };

/** One manifest file, or one entry of its `platforms`. */
export interface Section {
  readonly file: string;
  readonly source: JSONSource;
  readonly path: JSONPath;
  readonly value: Members;
}

/** Where a member of the section stands. */
export function positionOf(section: Section, path: JSONPath): Position {
  return { file: section.file, line: section.source.line([...section.path, ...path]) };
}

/** A property that is a string or an array of strings, as most of a manifest's are. */
export function strings(section: Section, name: string): [string, JSONPath][] {
  const value = section.value[name];
  if (typeof value === "string") return [[value, [name]]];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: JSONValue, index) =>
    typeof item === "string" ? [[item, [name, index]] as [string, JSONPath]] : [],
  );
}

export function isMembers(value: JSONValue | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function member(value: JSONValue, name: string): Members | undefined {
  const found = isMembers(value) ? value[name] : undefined;
  return isMembers(found) ? found : undefined;
}
