import { parseBreakpoint, type UserBreakpoint } from "./breakpoint";
import type { DebuggedMachine } from "./debugger";
import { EvaluationError, evaluate } from "./evaluate";
import { describeLocals } from "./inspection";
import type { Breakpoint } from "./protocol";
import type { Sources } from "./sources";
import { excerpt, type Paint, place, printFrames, printLocals, reportStop } from "./stop-report";

/** What the commands work on. */
export interface DebugSession {
  readonly machines: readonly DebuggedMachine[];
  readonly sources: Sources;
  readonly breakpoints: UserBreakpoint[];
  /** The one that commands are for. */
  current: DebuggedMachine | undefined;
  quit(): void;
}

export const HELP: string = `break FILE:LINE   stop there (break alone: list)   clear FILE:LINE   forget it
go  step  in  out run; over, into, out of a call    pause             stop a running one
frames            the stack                         frame N           look at its Nth
locals            variables of the frame            eval EXPRESSION   a value
source            where it stopped                  machines, use NAME
abort             end the program                   quit              leave; machines go on`;

/** Every breakpoint under all names that a machine may know it by. */
export function breakpointsFor(
  session: Pick<DebugSession, "breakpoints" | "sources">,
  known: Iterable<string>,
): Breakpoint[] {
  const paths = [...known];
  return session.breakpoints.flatMap(({ file, line }) => session.sources.breakpoints(file, line, paths));
}

type Command = (session: DebugSession, argument: string) => Promise<string> | string;

/** Commands that let the machine run. */
const RUN: ReadonlyMap<string, (machine: DebuggedMachine) => void> = new Map([
  ["go", (machine: DebuggedMachine) => machine.go()],
  ["step", (machine: DebuggedMachine) => machine.step()],
  ["in", (machine: DebuggedMachine) => machine.stepInside()],
  ["out", (machine: DebuggedMachine) => machine.stepOutside()],
  ["abort", (machine: DebuggedMachine) => machine.abort()],
]);

/** Executes the commands of the prompt; answers are texts for people. */
export class CommandLine {
  readonly #session: DebugSession;
  readonly #columns: () => number;
  readonly #paint: Paint;
  readonly #commands: ReadonlyMap<string, Command>;
  /** The last one: an empty line repeats a step. */
  #last = "";

  constructor(session: DebugSession, columns: () => number, paint: Paint) {
    this.#session = session;
    this.#columns = () => Math.max(80, columns());
    this.#paint = paint;
    this.#commands = this.#createCommands();
  }

  /** Whether a command has nothing to do before a machine has stopped. */
  static needsStop(line: string): boolean {
    const [name = ""] = line.trim().split(/\s+/, 1);
    return RUN.has(name) || ["frames", "frame", "locals", "eval", "source"].includes(name);
  }

  /** @returns what to print, `""` for nothing */
  async execute(line: string): Promise<string> {
    const text = line.trim() || (RUN.has(this.#last) && this.#last !== "abort" ? this.#last : "");
    const [, name = "", argument = ""] = /^(\S*)\s*(.*)$/.exec(text) ?? [];
    if (name === "") return "";
    this.#last = name;
    const run = RUN.get(name);
    const machine = this.#session.current;
    if (run) {
      if (!machine?.stop && name !== "abort") return "no machine is stopped";
      if (!machine?.connected) return "no machine is there";
      run(machine);
      return "";
    }
    const command = this.#commands.get(name);
    return command ? command(this.#session, argument) : `there is no command ${name}; try help`;
  }

  #createCommands(): ReadonlyMap<string, Command> {
    return new Map<string, Command>([
      ["help", () => HELP],
      ["break", addBreakpoint],
      ["clear", clearBreakpoint],
      ["pause", pause],
      ["frames", (session) => this.#frames(session)],
      ["frame", (session, argument) => this.#frame(session, argument)],
      ["locals", (session) => this.#locals(session)],
      ["eval", evaluateCommand],
      ["source", (session) => this.#source(session)],
      ["machines", listMachines],
      ["use", useMachine],
      ["quit", quit],
    ]);
  }

  async #frames({ current, sources }: DebugSession): Promise<string> {
    const report = current && (await reportStop(current, sources, false));
    return report
      ? printFrames(report.frames, this.#columns(), this.#paint).join("\n")
      : "no machine is stopped";
  }

  async #frame({ current, sources }: DebugSession, argument: string): Promise<string> {
    const frame = current?.stop?.frames[Number(argument) - 1];
    if (!frame) return current?.stop ? `frame 1 to ${current.stop.frames.length}` : "no machine is stopped";
    await current?.select(frame.id);
    const source = frame.position && sources.locate(frame.position);
    if (!source) return frame.name;
    return [`  ${place(source)} in ${frame.name}`, ...excerpt(source, this.#columns(), this.#paint)].join(
      "\n",
    );
  }

  async #locals({ current }: DebugSession): Promise<string> {
    if (!current?.stop) return "no machine is stopped";
    const locals = await describeLocals(current);
    return locals.length > 0 ? printLocals(locals, this.#columns(), "  ").join("\n") : "  no variables";
  }

  #source({ current, sources }: DebugSession): string {
    const position = current?.scope?.frame.position ?? current?.stop?.position;
    if (!position) return "no machine is stopped";
    const source = sources.locate(position);
    return [`  ${place(source)}`, ...excerpt(source, this.#columns(), this.#paint)].join("\n");
  }
}

function addBreakpoint(session: DebugSession, argument: string): string {
  if (argument === "") {
    const list = session.breakpoints.map(({ file, line }) => `  ${file}:${line}`);
    return list.length > 0 ? list.join("\n") : "  none";
  }
  const point = parseBreakpoint(argument);
  if (!point) return "break FILE:LINE";
  session.breakpoints.push(point);
  for (const machine of session.machines)
    for (const one of session.sources.breakpoints(point.file, point.line, machine.paths))
      machine.setBreakpoint(one);
  return "";
}

function clearBreakpoint(session: DebugSession, argument: string): string {
  const point = parseBreakpoint(argument);
  const index = session.breakpoints.findIndex(
    ({ file, line }) => file === point?.file && line === point.line,
  );
  if (index < 0) return `there is no breakpoint ${argument}`;
  session.breakpoints.splice(index, 1);
  for (const machine of session.machines)
    for (const one of session.sources.breakpoints(point!.file, point!.line, machine.paths))
      machine.clearBreakpoint(one);
  return "";
}

function pause({ current }: DebugSession): string {
  if (!current?.connected) return "no machine is there";
  if (current.stop) return `${current.label} is stopped`;
  // XS stops at the next line that it runs.
  current.step();
  return "";
}

async function evaluateCommand({ current }: DebugSession, expression: string): Promise<string> {
  if (!current?.stop) return "no machine is stopped";
  if (expression === "") return "eval EXPRESSION";
  try {
    return `  ${await evaluate(current, expression)}`;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return `  ${error.message}`;
  }
}

function listMachines({ machines, current }: DebugSession): string {
  const lines = machines.map((machine) => {
    const mark = machine === current ? ">" : " ";
    return `${mark} ${machine.label.padEnd(24)} ${machine.stop ? `stopped: ${machine.stop.reason}` : "runs"}`;
  });
  return lines.length > 0 ? lines.join("\n") : "  none";
}

function useMachine(session: DebugSession, name: string): string {
  const machine = session.machines.find(({ label }) => label === name);
  if (!machine) return `there is no machine ${name}`;
  session.current = machine;
  return "";
}

function quit(session: DebugSession): string {
  session.quit();
  return "";
}
