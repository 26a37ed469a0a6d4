import type { XMLElement } from "./xml";

/** Where a machine is, in its own words. */
export interface Position {
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

export interface Frame {
  readonly name: string;
  /** For `select`: `@0027D850`. */
  readonly id: string;
  readonly position: Position | undefined;
}

/** A variable, a property, or an entry of a collection. */
export interface Property {
  readonly name: string;
  /** The text of a plain value; of an object its id for `toggle`; `a.b` for an object that is open elsewhere. */
  readonly value: string;
  /** ` ` a plain value, `+` an object that is closed, `-` one that is open. */
  readonly state: string;
  readonly properties: readonly Property[];
}

export interface Instrument {
  readonly name: string;
  /** ` bytes`; ` / ` says that the next instrument is the most this one can be. */
  readonly unit: string;
}

/** What a machine says; one document may have several. */
export type Message =
  | { readonly kind: "login"; readonly name: string; readonly version: string; readonly flags: string }
  | { readonly kind: "log"; readonly position: Position | undefined; readonly text: string }
  | { readonly kind: "break"; readonly position: Position | undefined; readonly text: string }
  | { readonly kind: "frames"; readonly frames: readonly Frame[] }
  | { readonly kind: "local"; readonly frame: Frame; readonly properties: readonly Property[] }
  | { readonly kind: "global"; readonly properties: readonly Property[] }
  | { readonly kind: "modules"; readonly modules: readonly Property[] }
  | { readonly kind: "instruments"; readonly instruments: readonly Instrument[] }
  | { readonly kind: "samples"; readonly values: readonly number[] }
  | { readonly kind: "bubble"; readonly conversation: string; readonly flags: number; readonly text: string }
  | { readonly kind: "import"; readonly path: string }
  | { readonly kind: "source"; readonly path: string; readonly text: string }
  | { readonly kind: "result"; readonly properties: readonly Property[]; readonly text: string };

type Reader = (element: XMLElement) => Message;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "login",
    ({ attributes: { name = "", value = "", flags = "" } }) => ({
      kind: "login",
      name,
      version: value,
      flags,
    }),
  ],
  ["log", (element) => ({ kind: "log", position: position(element), text: element.text })],
  ["break", (element) => ({ kind: "break", position: position(element), text: element.text })],
  ["frames", (element) => ({ kind: "frames", frames: element.children.map(frame) })],
  [
    "local",
    (element) => ({ kind: "local", frame: frame(element), properties: element.children.map(property) }),
  ],
  ["global", (element) => ({ kind: "global", properties: element.children.map(property) })],
  ["grammar", (element) => ({ kind: "modules", modules: element.children.map(property) })],
  ["instruments", (element) => ({ kind: "instruments", instruments: element.children.map(instrument) })],
  ["samples", (element) => ({ kind: "samples", values: element.text.split(",").map(Number) })],
  [
    "bubble",
    ({ attributes: { name = "", value = "" }, text }) => ({
      kind: "bubble",
      conversation: name,
      flags: Number(value),
      text,
    }),
  ],
  ["import", ({ attributes: { path = "" } }) => ({ kind: "import", path })],
  ["eval", ({ attributes: { path = "" }, text }) => ({ kind: "source", path, text })],
  [
    "result",
    (element) => ({ kind: "result", properties: element.children.map(property), text: element.text }),
  ],
]);

/** What a document says. Profiles (`pr`, `ps`, `pt`) and what newer machines may add are left out. */
export function readMessages(document: XMLElement): Message[] {
  return document.children.flatMap((element) => READERS.get(element.name)?.(element) ?? []);
}

function position({ attributes: { path, line } }: XMLElement): Position | undefined {
  return path !== undefined && line !== undefined ? { path, line: Number(line) } : undefined;
}

function frame(element: XMLElement): Frame {
  const { name = "", value = "" } = element.attributes;
  return { name, id: value, position: position(element) };
}

function property(element: XMLElement): Property {
  const { name = "", value = "", flags = " " } = element.attributes;
  return { name, value, state: flags[0] ?? " ", properties: element.children.map(property) };
}

function instrument({ attributes: { name = "", value = "" } }: XMLElement): Instrument {
  return { name, unit: value };
}

export interface Breakpoint {
  readonly path: string;
  readonly line: number;
}

/** Pseudo breakpoints. */
export const ON_EXCEPTIONS: Breakpoint = Object.freeze({ path: "exceptions", line: 0 });
export const ON_START: Breakpoint = Object.freeze({ path: "start", line: 0 });

/** XS keeps one byte for the length of a path, and does not resolve character references in it. */
const MAXIMUM_PATH_LENGTH = 255;

function attributePath(path: string): string {
  if (path.includes('"')) throw new RangeError(`XS cannot read a path with a quotation mark: ${path}`);
  if (Buffer.byteLength(path) > MAXIMUM_PATH_LENGTH)
    throw new RangeError(`a path has at most ${MAXIMUM_PATH_LENGTH} bytes: ${path}`);
  return path;
}

/** A machine reads a command at its line feed, and may read several at once. */
function command(element: string): string {
  return `\r\n<${element}>\r\n`;
}

function breakpoint(tag: string, { path, line }: Breakpoint): string {
  return `${tag} path="${attributePath(path)}" line="${line}"/`;
}

/** What a debugger says. */
export const commands = {
  abort: (): string => command("abort/"),
  clearBreakpoint: (point: Breakpoint): string =>
    command(`clear-breakpoint path="${attributePath(point.path)}" line="${point.line}" id="@0"/`),
  /** `code`: from xsc, in hexadecimal; the machine must have the same XS. */
  evaluate: (frame: string, code: string): string => command(`eval id="${frame}" path="${code}" line="0"/`),
  go: (): string => command("go/"),
  import: (path: string, isAsync: boolean): string =>
    command(`import path="${attributePath(path)}" line="${isAsync ? 1 : 0}"/`),
  logout: (): string => command("logout/"),
  module: (path: string, source: string): string => sourceCommand("module", path, source),
  select: (frame: string): string => command(`select id="${frame}"/`),
  /** Answers a login: the machine then runs. It does not clear breakpoints that were set before. */
  setAllBreakpoints: (points: readonly Breakpoint[]): string =>
    `\r\n<set-all-breakpoints>${points.map((point) => `<${breakpoint("breakpoint", point)}>`).join("")}</set-all-breakpoints>\r\n`,
  setBreakpoint: (point: Breakpoint): string => command(breakpoint("set-breakpoint", point)),
  step: (): string => command("step/"),
  stepInside: (): string => command("step-inside/"),
  stepOutside: (): string => command("step-outside/"),
  toggle: (object: string): string => command(`toggle id="${object}"/`),
} as const;

/**
 * XS reads up to the first `]]>`, and not that one either if a `]` stands before it. Outside of literals no JavaScript that
 * esbuild prints has it; inside of them the escape means the same.
 */
function sourceCommand(tag: string, path: string, source: string): string {
  const text = source.replaceAll("]]>", "]]\\x3e");
  return `\r\n<${tag} path="${attributePath(path)}" line="0"><![CDATA[${text}\n]]></${tag}>\r\n`;
}
