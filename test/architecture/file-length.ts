import type { SourceTree, Violation } from "./source-tree";

const LIMIT = 400;
const REASON: RegExp = /^\/\/ Over 400 lines because \S/;

/** Files over 400 lines that do not say why in their first ten lines: `// Over 400 lines because ...`. */
export function filesTooLong(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  for (const [file, text] of tree) {
    const lines = text.replace(/\n$/, "").split("\n");
    if (lines.length <= LIMIT || lines.slice(0, 10).some((line) => REASON.test(line))) continue;
    violations.push({ file, line: LIMIT + 1, message: `${lines.length} lines, and no reason at the top` });
  }
  return violations;
}
