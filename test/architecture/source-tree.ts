import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Path from the root of the repository, with `/` -> text. Tests also make small ones by hand. */
export type SourceTree = ReadonlyMap<string, string>;

/** One complaint of an architecture check; prints as `file:line: message`. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** Reads every source file below the given directories of the repository. */
export function readSourceTree(...directories: string[]): SourceTree {
  const tree = new Map<string, string>();
  for (const directory of directories) {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true, recursive: true })) {
      if (!entry.isFile() || !/\.(?:tsx?|mts|js|mjs)$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      tree.set(relative(root, path).replaceAll("\\", "/"), readFileSync(path, "utf8"));
    }
  }
  return tree;
}

export function print(violations: readonly Violation[]): string {
  return violations.map(({ file, line, message }) => `${file}:${line}: ${message}`).join("\n");
}
