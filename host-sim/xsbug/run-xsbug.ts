import { readFileSync, statSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { UsageError } from "../home/usage-error";
import type { UserBreakpoint } from "./breakpoint";
import { type Display, JSONDisplay, TextDisplay } from "./display";
import { drawHeap, type HeapLimits } from "./heap-picture";
import { renderInstruments } from "./live-table";
import { Sources } from "./sources";
import { InteractiveTerminal, PlainTerminal, ScriptTerminal, type Terminal } from "./terminal";
import { type BreakMode, Xsbug } from "./xsbug";

export interface RunXsbugOptions {
  readonly port: number;
  readonly host: string;
  /** Default `exceptions`; `never` with tests, which may throw as they like. */
  readonly break: BreakMode | undefined;
  readonly breakpoints: readonly UserBreakpoint[];
  /** ms. */
  readonly duration: number | undefined;
  readonly once: boolean;
  readonly json: boolean;
  readonly sources: string;
  /** A table of the instruments instead of the prompt, while nothing is stopped. */
  readonly instruments: boolean;
  /** SVG file of the heaps. */
  readonly picture: string | undefined;
  /** Its `creation` is drawn into the picture. */
  readonly manifest: string | undefined;
  readonly tests: readonly string[];
  /** File of commands for the prompt; `-`: standard input. */
  readonly commands: string | undefined;
}

/** Runs until Ctrl-C, the end of the time, or nothing is left to do. @returns the exit code */
export async function runXsbug(options: RunXsbugOptions): Promise<number> {
  checkFiles(options);
  const limits = options.manifest === undefined ? undefined : await readLimits(options.manifest);
  const script = options.commands === undefined ? undefined : await readScript(options.commands);
  const session: { xsbug?: Xsbug } = {};
  const quit = (): void => session.xsbug?.quit();
  const terminal = openTerminal(options, script, quit, () =>
    renderInstruments(session.xsbug?.machines ?? [], columns()),
  );
  const colours = terminal instanceof InteractiveTerminal && process.stdout.hasColors();
  const textDisplay = new TextDisplay((line) => terminal.write(line), columns, colours);
  const display: Display = options.json ? new JSONDisplay((line) => terminal.write(line)) : textDisplay;
  const xsbug = new Xsbug({
    ...{ display, terminal, columns, paint: textDisplay.paint, sources: new Sources(options.sources) },
    ...{ breakpoints: options.breakpoints, tests: options.tests, once: options.once },
    break: options.break ?? (options.tests.length > 0 ? "never" : "exceptions"),
  });
  session.xsbug = xsbug;
  const timer = options.duration === undefined ? undefined : setTimeout(quit, options.duration);
  process.on("SIGINT", quit).on("SIGTERM", quit);
  try {
    await listen(xsbug, options);
    await xsbug.finished;
  } finally {
    clearTimeout(timer);
    await xsbug.close();
    process.off("SIGINT", quit).off("SIGTERM", quit);
  }
  const files = writePicture(xsbug, options.picture, limits);
  const { allMachines: machines, tests, exitCode } = xsbug;
  display.summary({ machines, tests, files, exitCode });
  return exitCode;
}

function columns(): number {
  return process.stdout.columns ?? 80;
}

function openTerminal(
  { json, instruments, tests }: RunXsbugOptions,
  script: string | undefined,
  quit: () => void,
  table: () => string,
): Terminal {
  const { stdin, stdout } = process;
  if (script !== undefined) return new ScriptTerminal(stdout, script, !json);
  if (!stdin.isTTY || !stdout.isTTY || json || tests.length > 0) return new PlainTerminal(stdout);
  return new InteractiveTerminal(stdin, stdout, quit, instruments ? table : undefined);
}

async function listen(xsbug: Xsbug, { port, host }: RunXsbugOptions): Promise<void> {
  try {
    await xsbug.listen(port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw new UsageError(`port ${port} is taken, perhaps by another xsbug; --port takes another`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new UsageError(`${host} is no address of this computer`);
    if (code === "EACCES") throw new UsageError(`port ${port} needs more rights; --port takes another`);
    throw error;
  }
}

function checkFiles({ sources, tests }: RunXsbugOptions): void {
  if (!statSync(sources, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`${sources} is no directory`);
  for (const test of tests)
    if (!statSync(test, { throwIfNoEntry: false })?.isFile())
      throw new UsageError(`there is no test file ${test}`);
}

async function readScript(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

async function readLimits(path: string): Promise<HeapLimits> {
  const { ManifestError, readManifest } = await import("../manifest/manifest");
  try {
    const { chunk, heap } = readManifest(path).creation;
    if (!chunk || !heap) throw new UsageError(`${path} says nothing about chunk and heap in its creation`);
    return { slots: heap.initial * 16, chunks: chunk.initial };
  } catch (error) {
    if (error instanceof ManifestError || (error as NodeJS.ErrnoException).code === "ENOENT")
      throw new UsageError((error as Error).message);
    throw error;
  }
}

function writePicture(xsbug: Xsbug, file: string | undefined, limits: HeapLimits | undefined): string[] {
  if (file === undefined) return [];
  try {
    writeFileSync(file, drawHeap(xsbug.allMachines, limits));
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  return [file];
}
