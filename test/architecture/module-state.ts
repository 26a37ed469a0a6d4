import { blank, lineAt } from "../../host-sim/manifest/module-source";
import type { SourceTree, Violation } from "./source-tree";

/**
 * Finds state at module level that a preloaded module could never change on the chip: the linker freezes it into flash, and
 * writing throws there, and only there. It gives no warning for typed arrays, Maps and static fields, so we do.
 */
export function mutableModuleState(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  for (const [file, text] of tree) {
    if (file.endsWith(".d.ts")) continue;
    const code = blank(text);
    for (const { offset, statement } of topLevelStatements(code)) {
      const message = complaint(statement);
      if (message !== undefined) violations.push({ file, line: lineAt(text, offset), message });
      if (/^(?:export\s+(?:default\s+)?)?(?:abstract\s+)?class\b/.test(statement)) {
        violations.push(...staticFields(file, text, offset, statement));
        violations.push(...inheritedAssignments(file, text, offset, statement));
      }
    }
  }
  return violations;
}

const CONTAINER =
  "(?:Big)?(?:Uint|Int|Float)(?:8|16|32|64)(?:Clamped)?Array|ArrayBuffer|SharedArrayBuffer|DataView|(?:Weak)?(?:Map|Set)|Date|Array|WeakRef";

function complaint(statement: string): string | undefined {
  const declaration = /^(?:export\s+)?(let|var|const)\s+([\w$]+)/.exec(statement);
  if (declaration === null) return undefined;
  const name = declaration[2] ?? "";
  if (declaration[1] !== "const")
    return `${declaration[1]} ${name} at module level: keep state in an instance`;
  const value = initialValue(statement);
  const made = new RegExp(`^new\\s+(${CONTAINER})\\b|^(${CONTAINER})\\s*\\.\\s*(?:of|from)\\b`).exec(value);
  if (made) return `${name} is a ${made[1] ?? made[2]} at module level: it is read-only on the chip`;
  if (/^\[/.test(value)) return `${name} is an array that is not frozen: Object.freeze([...])`;
  if (/^\{/.test(value)) return `${name} is an object that is not frozen: Object.freeze({...})`;
  return undefined;
}

/** What stands after the `=` of a declaration, its type annotation (which may hold `=>`) left out. */
function initialValue(statement: string): string {
  const match = /[^=!<>]=(?![=>])\s*/.exec(statement);
  return match === null ? "" : statement.slice(match.index + match[0].length);
}

/** `static readonly NAME = 1` is a constant; any other static field is state. */
function staticFields(file: string, text: string, offset: number, body: string): Violation[] {
  const violations: Violation[] = [];
  const field =
    /[{};\n]\s*(?:(?:public|private|protected|override|declare)\s+)*static\s+(readonly\s+)?(#?[\w$]+)\s*(?::[^=;(){}]*)?(=\s*[^;\n]*|;)/g;
  for (const match of body.matchAll(field)) {
    const value = (match[3] ?? "").replace(/^=\s*/, "");
    if (match[1] !== undefined && !/^(?:new\b|\[|\{)/.test(value)) continue;
    const line = lineAt(text, offset + match.index + match[0].indexOf("static"));
    violations.push({
      file,
      line,
      message: `static ${match[2]} is state at class level: keep it in an instance`,
    });
  }
  return violations;
}

/**
 * The linker freezes the prototypes of built-in objects too, and assigning to a property inherited from a frozen object throws:
 * `this.name = ...` in an Error works in Node and throws "set name: not writable" on the chip. A getter does it on both.
 */
function inheritedAssignments(file: string, text: string, offset: number, body: string): Violation[] {
  if (!/^[^{]*\bextends\s+\w*Error\b/.test(body)) return [];
  return [...body.matchAll(/\bthis\.(name|toString|constructor)\s*=(?!=)/g)].map((match) => ({
    file,
    line: lineAt(text, offset + match.index),
    message: `this.${match[1]} is inherited from a frozen prototype on the chip: define a getter`,
  }));
}

/** Splits blanked code where bracket depth is zero: at semicolons, and after a closing brace at the end of a line. */
function topLevelStatements(code: string): { offset: number; statement: string }[] {
  const statements: { offset: number; statement: string }[] = [];
  let depth = 0;
  let start = 0;
  function cut(end: number): void {
    const piece = code.slice(start, end);
    const statement = piece.trim();
    if (statement !== "") statements.push({ offset: start + piece.indexOf(statement), statement });
    start = end;
  }
  for (let index = 0; index < code.length; index++) {
    const character = code[index] ?? "";
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) {
      depth--;
      if (depth === 0 && character === "}" && code[index + 1] === "\n") cut(index + 1);
    } else if (character === ";" && depth === 0) cut(index + 1);
  }
  cut(code.length);
  return statements;
}
