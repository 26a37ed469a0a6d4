/**
 * What a TypeScript module says about other modules, read from its text alone: imports, re-exports and the default export.
 * No compiler is needed, so that the check also runs where only the runtime dependencies are installed.
 */

export interface ImportLine {
  /** As written: `./packet-writer`, `timer`, `embedded:io/socket/tcp`. */
  readonly specifier: string;
  /** Counts from 1; the line of the `import` or `export` keyword. */
  readonly line: number;
  /** `import type` and `export type`: gone when the module runs. */
  readonly typeOnly: boolean;
  /** `import("...")`. */
  readonly dynamic: boolean;
}

const STATEMENT: RegExp =
  /(?:^|[;}\n])[\t ]*(?:(import|export)\b([^"'`;=()]*?)\bfrom\s*|(import)\s*)(["'])/dg;
const DYNAMIC: RegExp = /\bimport\s*\(\s*(["'])/dg;

/** Lists imports and re-exports of a module in the order of the text. */
export function readImports(text: string): ImportLine[] {
  const code = blank(text);
  const found: (ImportLine & { offset: number })[] = [];
  for (const match of code.matchAll(STATEMENT)) {
    const keyword = match.indices?.[1] ?? match.indices?.[3];
    const offset = keyword?.[0] ?? match.index;
    const typeOnly = /^\s*type\s+[^\s,]/.test(match[2] ?? "");
    found.push({
      ...importAt(text, offset, match.index + match[0].length),
      typeOnly,
      dynamic: false,
      offset,
    });
  }
  for (const match of code.matchAll(DYNAMIC)) {
    found.push({
      ...importAt(text, match.index, match.index + match[0].length),
      typeOnly: false,
      dynamic: true,
      offset: match.index,
    });
  }
  found.sort((a, b) => a.offset - b.offset);
  return found.map(({ specifier, line, typeOnly, dynamic }) => ({ specifier, line, typeOnly, dynamic }));
}

/** Whether the module has the `export default function` that a board calls to start the firmware. */
export function exportsDefaultFunction(text: string): boolean {
  return /(?:^|[;}\n])\s*export\s+default\s+function\b/.test(blank(text));
}

/** The line of `offset`, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = 0; index < offset; index++) if (text.charCodeAt(index) === 10) line++;
  return line;
}

function importAt(text: string, offset: number, start: number): { specifier: string; line: number } {
  const quote = text[start - 1] ?? '"';
  return { specifier: text.slice(start, text.indexOf(quote, start)), line: lineAt(text, offset) };
}

const LEXEME: RegExp =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|`(?:[^`\\]|\\[\s\S])*`|\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuvy]*/g;
/** What stands before a `/` that begins a regular expression and does not divide. */
const BEFORE_REGULAR_EXPRESSION: RegExp =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new))\s*$/;

/**
 * The same text, offsets and lines kept, with comments and the insides of strings, templates and regular expressions
 * turned into spaces, so that words and brackets found in it are code.
 */
export function blank(text: string): string {
  let result = "";
  let end = 0;
  LEXEME.lastIndex = 0;
  for (let match = LEXEME.exec(text); match; match = LEXEME.exec(text)) {
    const lexeme = match[0];
    if (divides(text, match.index, lexeme)) {
      LEXEME.lastIndex = match.index + 1;
      continue;
    }
    result += text.slice(end, match.index) + blankLexeme(lexeme);
    end = match.index + lexeme.length;
  }
  return result + text.slice(end);
}

function divides(text: string, offset: number, lexeme: string): boolean {
  if (!lexeme.startsWith("/") || lexeme.startsWith("//") || lexeme.startsWith("/*")) return false;
  return !BEFORE_REGULAR_EXPRESSION.test(text.slice(Math.max(0, offset - 20), offset));
}

function blankLexeme(lexeme: string): string {
  const spaces = lexeme.replace(/[^\n]/g, " ");
  const quote = lexeme[0] ?? "";
  return "\"'`".includes(quote) ? quote + spaces.slice(1, -1) + quote : spaces;
}
