import { SourceMap, type SourceMapPayload } from "node:module";

/** What ended a firmware: an exception that it did not catch, or its machine's death. */
export class DeviceException extends Error {
  /** Name of the firmware. */
  readonly firmware: string;
  /** In XS's words: `unhandled exception`, `memory full`, `stack overflow`, `too much computation` ... */
  readonly reason: string;
  /** TypeScript file, from the root of the repository; `undefined` when no frame is in the firmware. */
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number | undefined;
  /** From 1; `undefined` where the engine keeps lines only. */
  readonly column: number | undefined;

  constructor(firmware: string, failure: DeviceFailure) {
    const { description, frames } = failure;
    const first = frames.find((frame) => frame.position)?.position;
    const where = first ? ` (${printPosition(first)})` : "";
    super(`${firmware}: ${description}${where}`, { cause: failure.cause });
    this.name = "DeviceException";
    this.firmware = firmware;
    this.reason = failure.reason ?? UNHANDLED_EXCEPTION;
    this.file = first?.file;
    this.line = first?.line;
    this.column = first?.column;
    this.stack = [`${this.name}: ${this.message}`, ...frames.map((frame) => frame.text)].join("\n");
  }
}

export interface DeviceFailure {
  /** `uncaught RangeError: no luck` */
  readonly description: string;
  /** Innermost first. */
  readonly frames: readonly DeviceFrame[];
  readonly cause: unknown;
  /** Default `unhandled exception`. */
  readonly reason?: string;
}

export interface DeviceFrame {
  readonly text: string;
  /** Where in the firmware it is, if it is there. */
  readonly position: DevicePosition | undefined;
}

export interface DevicePosition {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

const UNHANDLED_EXCEPTION = "unhandled exception";

const SCHEME = "thimble:";
const LOCATION = /thimble:[^/\s]+\/([^\s:]+):(\d+):(\d+)/;

/** The name under which a module's code runs. */
export function scriptName(firmware: string, file: string): string {
  return `${SCHEME}${firmware}/${file}`;
}

/**
 * What was thrown in a realm of Node's.
 * @param codeOf - the code of a TypeScript file, with its source map inline
 */
export function describeThrown(thrown: unknown, codeOf: (file: string) => string | undefined): DeviceFailure {
  const stack = stackOf(thrown);
  const frames = stack === undefined ? [] : mapFrames(stack, codeOf);
  return { description: `uncaught ${textOf(thrown)}`, frames, cause: thrown };
}

function printPosition({ file, line, column }: DevicePosition): string {
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}

/** Not `instanceof Error`: the error comes from another realm. */
function stackOf(thrown: unknown): string | undefined {
  const stack = (thrown as { stack?: unknown } | null | undefined)?.stack;
  return typeof stack === "string" ? stack : undefined;
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "exception";
  }
}

function mapFrames(stack: string, codeOf: (file: string) => string | undefined): DeviceFrame[] {
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((text) => mapFrame(text, codeOf));
}

function mapFrame(text: string, codeOf: (file: string) => string | undefined): DeviceFrame {
  const [location, file, line, column] = LOCATION.exec(text) ?? [];
  const code = file === undefined ? undefined : codeOf(file);
  if (location === undefined || code === undefined) return { text, position: undefined };
  const entry = sourceMapOf(code)?.findEntry(Number(line) - 1, Number(column) - 1);
  const position: DevicePosition =
    entry && "originalLine" in entry
      ? { file: file!, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
      : { file: file!, line: Number(line), column: Number(column) };
  return { text: text.replace(location, printPosition(position)), position };
}

function sourceMapOf(code: string): SourceMap | undefined {
  const encoded = /\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)/.exec(code)?.[1];
  if (encoded === undefined) return undefined;
  return new SourceMap(JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as SourceMapPayload);
}
