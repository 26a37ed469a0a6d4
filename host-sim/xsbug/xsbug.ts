import type { UserBreakpoint } from "./breakpoint";
import { breakpointsFor, CommandLine, type DebugSession } from "./command-line";
import type { Bubble, DebuggedMachine, MachineEnd, MachineEvents, Stop } from "./debugger";
import type { Display } from "./display";
import { type Breakpoint, ON_EXCEPTIONS, ON_START, type Position } from "./protocol";
import { XsbugServer } from "./server";
import type { Sources } from "./sources";
import { type Paint, reportStop } from "./stop-report";
import type { Terminal } from "./terminal";
import { TestRun } from "./test-run";

export type BreakMode = "never" | "exceptions" | "always";

export interface XsbugOptions {
  readonly break: BreakMode;
  readonly breakpoints: readonly UserBreakpoint[];
  readonly tests: readonly string[];
  /** End when the last machine has gone. */
  readonly once: boolean;
  readonly sources: Sources;
  readonly display: Display;
  readonly terminal: Terminal;
  readonly columns: () => number;
  readonly paint: Paint;
  /** ms until a machine must be ready for a test; default 30,000. */
  readonly testTimeout?: number;
}

/** What xsbug returns to CI. */
export const CLEAN = 0;
export const EXCEPTION = 1;
export const DIED = 3;

/** Listens, shows what machines do, and does what commands want. */
export class Xsbug implements MachineEvents, DebugSession {
  readonly breakpoints: UserBreakpoint[];
  readonly sources: Sources;
  /** Settles when there is nothing more to do. */
  readonly finished: Promise<void>;
  current: DebuggedMachine | undefined;
  readonly #options: XsbugOptions;
  readonly #server: XsbugServer;
  readonly #commandLine: CommandLine;
  readonly #tests: TestRun | undefined;
  #finish!: () => void;
  /** Reports of stops, one after the other: each takes many questions to a machine. */
  #reports: Promise<void> = Promise.resolve();
  #onStop: (() => void) | undefined;
  #isQuitting = false;

  constructor(options: XsbugOptions) {
    this.#options = options;
    this.breakpoints = [...options.breakpoints];
    this.sources = options.sources;
    this.finished = new Promise((settle) => {
      this.#finish = settle;
    });
    this.#server = new XsbugServer({
      events: this,
      breakpoints: () => this.#initialBreakpoints(),
      stranger: (address, trouble) => options.display.stranger(address, trouble),
    });
    this.#commandLine = new CommandLine(this, options.columns, options.paint);
    if (options.tests.length > 0) this.#tests = this.#createTestRun();
  }

  /** Those that are there. */
  get machines(): readonly DebuggedMachine[] {
    return this.#server.connected;
  }

  /** Those that have gone too. */
  get allMachines(): readonly DebuggedMachine[] {
    return this.#server.machines;
  }

  get tests(): TestRun["results"] {
    return this.#tests?.results ?? [];
  }

  /** @returns the port */
  async listen(port: number, host: string): Promise<number> {
    const taken = await this.#server.listen(port, host);
    this.#options.display.started(host, taken);
    if (this.#options.terminal.hasCommands) void this.#readCommands();
    return taken;
  }

  /** Lets machines go on without us, when what they have shown is shown. */
  async close(): Promise<void> {
    this.#isQuitting = true;
    this.#tests?.stop();
    this.#onStop?.();
    await this.#reports;
    await this.#server.close();
    // The ends of those that have gone now.
    await this.#reports;
    this.#options.terminal.close();
  }

  /** What to tell CI. A machine that an exception has ended has not died. */
  get exitCode(): number {
    const machines = this.allMachines;
    const died = this.#tests?.crashed || machines.some(({ end }) => end?.kind === "died");
    if (died || (machines.length === 0 && this.#tests === undefined)) return DIED;
    const thrown = machines.some(({ exceptions, end }) => exceptions > 0 || end?.kind === "exception");
    const failed = this.tests.some(({ passed }) => !passed);
    return failed || (thrown && this.#tests === undefined) ? EXCEPTION : CLEAN;
  }

  quit(): void {
    this.#finish();
  }

  /** Carries out a command of the prompt. @returns its answer */
  command(line: string): Promise<string> {
    return this.#commandLine.execute(line);
  }

  login(machine: DebuggedMachine): void {
    this.current ??= machine;
    this.#options.display.connected(machine);
    this.#prompt();
  }

  log(machine: DebuggedMachine, line: string, position: Position | undefined): void {
    this.#options.display.log(machine, line, position && this.sources.locate(position));
  }

  stop(machine: DebuggedMachine, stop: Stop): void {
    // Its paths are known now: the breakpoints may have other names there.
    for (const point of breakpointsFor(this, machine.paths)) machine.setBreakpoint(point);
    this.#reports = this.#reports.then(() => this.#showStop(machine, stop));
  }

  sample(machine: DebuggedMachine): void {
    this.#options.display.sample(machine);
  }

  bubble(machine: DebuggedMachine, bubble: Bubble): void {
    if (!this.#tests?.bubble(machine, bubble)) this.#options.display.bubble(machine, bubble);
  }

  import(machine: DebuggedMachine, path: string): void {
    if (this.#tests) this.#tests.import(machine, path);
    else machine.provide(path, undefined);
  }

  end(machine: DebuggedMachine, end: MachineEnd): void {
    this.#reports = this.#reports.then(() => {
      if (end.kind !== "detached" || this.#tests === undefined) this.#options.display.ended(machine, end);
      this.#tests?.ended(machine);
      if (this.current === machine) this.current = this.#waiting() ?? this.machines[0];
      this.#onStop?.();
      this.#prompt();
      if (this.#options.once && this.machines.length === 0) this.#finish();
    });
  }

  async #showStop(machine: DebuggedMachine, stop: Stop): Promise<void> {
    if (machine.stop !== stop) return;
    const { display, terminal } = this.#options;
    // A person who steps wants to see where; the rest can be asked for.
    const isShort = terminal.hasCommands && stop.reason !== "exception";
    const report = await reportStop(machine, this.sources, !isShort);
    if (report) display.stopped(report, isShort);
    if (machine.stop !== stop) return;
    if (!terminal.hasCommands || this.#isQuitting) {
      machine.go();
      return;
    }
    if (!this.current?.stop) this.current = machine;
    this.#onStop?.();
    this.#prompt();
  }

  async #readCommands(): Promise<void> {
    const { terminal } = this.#options;
    this.#prompt();
    while (!this.#isQuitting) {
      const command = await this.#nextCommand();
      if (command === undefined) break;
      terminal.echo(command);
      await this.#carryOut(command);
      this.#prompt();
    }
    // After the last command of a script machines run on; a person who has closed the input wants to leave.
    if (!this.#isQuitting && terminal.hasCommands) this.#finish();
    for (const machine of this.machines) if (machine.stop) machine.go();
  }

  async #carryOut(command: string): Promise<void> {
    const stopped = this.current?.stop ? this.current : undefined;
    const answer = await this.command(command);
    if (answer !== "") this.#options.display.answer(answer);
    if (stopped && stopped === this.current && !stopped.stop) this.current = this.#waiting() ?? stopped;
  }

  /** Commands of a script wait for the stop that they are for; all wait until it is shown. */
  async #nextCommand(): Promise<string | undefined> {
    const { terminal } = this.#options;
    const command = await terminal.nextCommand();
    await this.#reports;
    if (command === undefined || !terminal.waitsForStop || !CommandLine.needsStop(command)) return command;
    while (!this.current?.stop && !this.#isQuitting) {
      await new Promise<void>((resolve) => {
        this.#onStop = resolve;
      });
      await this.#reports;
    }
    return this.#isQuitting ? undefined : command;
  }

  /** Another machine that is stopped. */
  #waiting(): DebuggedMachine | undefined {
    return this.machines.find(({ stop }) => stop);
  }

  #prompt(): void {
    const { terminal } = this.#options;
    if (terminal.hasCommands) terminal.prompt(this.current?.stop ? this.current.label : "");
  }

  #initialBreakpoints(): Breakpoint[] {
    const mode = this.#options.break;
    return [
      ...(mode === "always" ? [ON_START] : []),
      ...(mode === "never" ? [] : [ON_EXCEPTIONS]),
      ...breakpointsFor(this, []),
    ];
  }

  #createTestRun(): TestRun {
    const { tests, display, testTimeout } = this.#options;
    const run = new TestRun(tests, this.sources, (result) => display.test(result), testTimeout);
    void run.finished.then(() => this.#finish());
    return run;
  }
}
