import { SourceMap, type SourceMapPayload } from "node:module";

/** An exception that a firmware did not catch; on the board it ends the machine. */
export class DeviceException extends Error {
  /** Name of the firmware. */
  readonly firmware: string;
  /** TypeScript file, from the root of the repository; `undefined` when no frame is in the firmware. */
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number | undefined;
  /** From 1. */
  readonly column: number | undefined;

  constructor(firmware: string, thrown: unknown, codeOf: (file: string) => string | undefined) {
    const stack = stackOf(thrown);
    const frames = stack === undefined ? [] : mapFrames(stack, codeOf);
    const first = frames.find((frame) => frame.position)?.position;
    const where = first ? ` (${first.file}:${first.line}:${first.column})` : "";
    super(`${firmware}: uncaught ${describe(thrown)}${where}`, { cause: thrown });
    this.name = "DeviceException";
    this.firmware = firmware;
    this.file = first?.file;
    this.line = first?.line;
    this.column = first?.column;
    this.stack = [`${this.name}: ${this.message}`, ...frames.map((frame) => frame.text)].join("\n");
  }
}

interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface Frame {
  readonly text: string;
  readonly position: Position | undefined;
}

const SCHEME = "thimble:";
const LOCATION = /thimble:[^/\s]+\/([^\s:]+):(\d+):(\d+)/;

/** The name under which a module's code runs. */
export function scriptName(firmware: string, file: string): string {
  return `${SCHEME}${firmware}/${file}`;
}

/** Not `instanceof Error`: the error comes from another realm. */
function stackOf(thrown: unknown): string | undefined {
  const stack = (thrown as { stack?: unknown } | null | undefined)?.stack;
  return typeof stack === "string" ? stack : undefined;
}

function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "exception";
  }
}

function mapFrames(stack: string, codeOf: (file: string) => string | undefined): Frame[] {
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((text) => mapFrame(text, codeOf));
}

function mapFrame(text: string, codeOf: (file: string) => string | undefined): Frame {
  const [location, file, line, column] = LOCATION.exec(text) ?? [];
  const code = file === undefined ? undefined : codeOf(file);
  if (location === undefined || code === undefined) return { text, position: undefined };
  const entry = sourceMapOf(code)?.findEntry(Number(line) - 1, Number(column) - 1);
  const position: Position =
    entry && "originalLine" in entry
      ? { file: file!, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
      : { file: file!, line: Number(line), column: Number(column) };
  return { text: text.replace(location, `${position.file}:${position.line}:${position.column}`), position };
}

function sourceMapOf(code: string): SourceMap | undefined {
  const encoded = /\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)/.exec(code)?.[1];
  if (encoded === undefined) return undefined;
  return new SourceMap(JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as SourceMapPayload);
}
