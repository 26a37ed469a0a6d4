import { Instrumentation } from "./instrumentation";
import {
  type Breakpoint,
  commands,
  type Frame,
  type Message,
  type Position,
  type Property,
} from "./protocol";

/** Why a machine has stopped. */
export interface Stop {
  readonly reason: "exception" | "breakpoint" | "debugger" | "step";
  /** The exception, without the decoration of XS: `RangeError: too large`. */
  readonly text: string;
  readonly position: Position | undefined;
  /** Innermost first; `(host)` is native code. */
  readonly frames: readonly Frame[];
}

/** How a machine has gone. */
export interface MachineEnd {
  /**
   * `left`: it closed its end while running; `detached`: we asked for it; `exception`: an exception that nobody caught;
   * `died`: everything else.
   */
  readonly kind: "left" | "detached" | "exception" | "died";
  /** For people. */
  readonly reason: string;
}

export interface Bubble {
  /** What the program calls it: `test262` when it runs tests. */
  readonly conversation: string;
  readonly flags: number;
  readonly text: string;
}

export interface MachineEvents {
  login(machine: DebuggedMachine): void;
  /** A line of text, without its end. */
  log(machine: DebuggedMachine, line: string, position: Position | undefined): void;
  stop(machine: DebuggedMachine, stop: Stop): void;
  sample(machine: DebuggedMachine): void;
  bubble(machine: DebuggedMachine, bubble: Bubble): void;
  /** The program imports a module that it has not got; `machine.provide` must follow. */
  import(machine: DebuggedMachine, path: string): void;
  end(machine: DebuggedMachine, end: MachineEnd): void;
}

/** What a machine shows of the selected frame. */
export interface Scope {
  readonly frame: Frame;
  readonly locals: readonly Property[];
  readonly globals: readonly Property[];
}

const PAUSES: ReadonlyMap<string, Stop["reason"]> = new Map([
  ["breakpoint", "breakpoint"],
  ["step", "step"],
  ["debugger", "debugger"],
  ["C: xsDebugger", "debugger"],
]);

const EXCEPTION_PREFIX = "# Exception: ";

/** One machine, seen by its debugger: what it has said last, and what it can be told. */
export class DebuggedMachine {
  /** Its name; of a second machine of the name `light` that is there at the same time, `light#2`. */
  label = "";
  version = "";
  /** `e`: it evaluates compiled expressions. */
  flags = "";
  /** Set while it waits for us. */
  stop: Stop | undefined;
  scope: Scope | undefined;
  end: MachineEnd | undefined;
  /** Times that it has stopped at an exception. */
  exceptions = 0;
  readonly instrumentation: Instrumentation = new Instrumentation();
  /** Paths that it has named, for breakpoints. */
  readonly paths: Set<string> = new Set();
  readonly #send: (text: string) => void;
  readonly #events: MachineEvents;
  readonly #breakpoints: () => readonly Breakpoint[];
  readonly #waiting: ((answer: Answer | undefined) => void)[] = [];
  #line = "";
  #exception: string | undefined;
  #abort: string | undefined;
  #detaching = false;

  constructor(send: (text: string) => void, events: MachineEvents, breakpoints: () => readonly Breakpoint[]) {
    this.#send = send;
    this.#events = events;
    this.#breakpoints = breakpoints;
  }

  get connected(): boolean {
    return this.label !== "" && this.end === undefined;
  }

  /** One document. */
  receive(messages: readonly Message[]): void {
    const brk = messages.find((message) => message.kind === "break");
    if (!brk) this.#flushException();
    for (const message of messages) this.#take(message);
    if (brk?.kind === "break") this.#stopped(brk, messages);
    else if (messages.some(({ kind }) => kind === "local" || kind === "global" || kind === "result"))
      this.#answered(messages);
  }

  /** The connection has ended. `trouble`: how, if not in order. */
  disconnected(trouble: string | undefined): void {
    if (this.end) return;
    this.#flushException();
    this.#flushLine();
    const broken = this.stop !== undefined;
    this.stop = undefined;
    this.end = this.#describeEnd(trouble, broken);
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    if (this.label !== "") this.#events.end(this, this.end);
  }

  go(): void {
    this.#resume(commands.go());
  }

  /** Over calls. Of a running machine: stops it at the next line. */
  step(): void {
    this.#resume(commands.step());
  }

  stepInside(): void {
    this.#resume(commands.stepInside());
  }

  stepOutside(): void {
    this.#resume(commands.stepOutside());
  }

  /** Ends the program; a board restarts. */
  abort(): void {
    this.#detaching = true;
    this.#resume(commands.abort());
  }

  /** The machine goes on without a debugger. */
  logout(): void {
    this.#detaching = true;
    this.#resume(commands.logout());
  }

  setBreakpoint(point: Breakpoint): void {
    this.#send(commands.setBreakpoint(point));
  }

  clearBreakpoint(point: Breakpoint): void {
    this.#send(commands.clearBreakpoint(point));
  }

  /** Makes a frame the one whose locals are shown. @returns undefined: the machine has gone */
  async select(frame: string): Promise<Scope | undefined> {
    await this.#ask(commands.select(frame));
    return this.scope;
  }

  /** Opens or closes objects. @returns undefined: the machine has gone */
  async toggle(objects: readonly string[]): Promise<Scope | undefined> {
    await Promise.all(objects.map((object) => this.#ask(commands.toggle(object))));
    return this.scope;
  }

  /** Runs compiled code in a frame. @returns undefined: the machine has gone */
  async evaluate(frame: string, code: string): Promise<Answer | undefined> {
    return this.#ask(commands.evaluate(frame, code));
  }

  /** Runs the module of a test; `provide` will be asked for it. */
  import(path: string, isAsync: boolean): void {
    this.#send(commands.import(path, isAsync));
  }

  /** Answers an import; undefined: there is no such module. */
  provide(path: string, source: string | undefined): void {
    this.#send(source === undefined ? commands.go() : commands.module(path, source));
  }

  /** @returns undefined: there is no answer, the machine has gone or stops elsewhere */
  #ask(command: string): Promise<Answer | undefined> {
    if (!this.stop) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#send(command);
    });
  }

  #resume(command: string): void {
    this.stop = undefined;
    this.scope = undefined;
    this.#send(command);
  }

  #take(message: Message): void {
    switch (message.kind) {
      case "login":
        this.#login(message);
        break;
      case "log":
        this.#log(message.text, message.position);
        break;
      case "instruments":
        this.instrumentation.describe(message.instruments);
        break;
      case "samples":
        this.instrumentation.add(message.values);
        this.#events.sample(this);
        break;
      case "bubble":
        this.#flushLine();
        this.#events.bubble(this, message);
        break;
      case "import":
        this.#events.import(this, message.path);
        break;
      case "frames":
        for (const { position } of message.frames) if (position) this.paths.add(position.path);
        break;
    }
  }

  #login({ name, version, flags }: { name: string; version: string; flags: string }): void {
    this.label = name || "machine";
    this.version = version;
    this.flags = flags;
    // The label may change now, if another machine has this name.
    this.#events.login(this);
    this.#send(commands.setAllBreakpoints(this.#breakpoints()));
  }

  #log(text: string, position: Position | undefined): void {
    const abort = /^XS abort: (.*)\n?$/.exec(text);
    if (abort) this.#abort = abort[1]!.trim();
    if (position) {
      this.paths.add(position.path);
      this.#flushLine();
      this.#events.log(this, text.trimEnd(), position);
      return;
    }
    // XS 13 stops at an exception without saying which; the host of ours says it right before.
    if (this.flags === "" && text.startsWith(EXCEPTION_PREFIX)) {
      this.#exception = text;
      return;
    }
    const lines = `${this.#line}${text}`.split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#events.log(this, line, undefined);
  }

  #flushLine(): void {
    if (this.#line !== "") this.#events.log(this, this.#line, undefined);
    this.#line = "";
  }

  #flushException(): void {
    const text = this.#exception;
    this.#exception = undefined;
    if (text !== undefined) this.#events.log(this, text.trimEnd(), undefined);
  }

  #stopped(brk: { text: string; position: Position | undefined }, messages: readonly Message[]): void {
    this.#flushLine();
    const text = undecorated(brk.text);
    const reason = PAUSES.get(text) ?? "exception";
    const exception = this.#exception && undecorated(this.#exception);
    this.#exception = undefined;
    const frames = messages.find((message) => message.kind === "frames");
    this.stop = {
      reason,
      text: reason === "exception" ? (exception ?? text) : text,
      position: brk.position,
      frames: frames?.kind === "frames" ? frames.frames : [],
    };
    if (reason === "exception") {
      this.exceptions += 1;
      this.instrumentation.markException();
    }
    this.#readScope(messages);
    // It has stopped instead of answering.
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    this.#events.stop(this, this.stop);
  }

  #answered(messages: readonly Message[]): void {
    this.#readScope(messages);
    const result = messages.find((message) => message.kind === "result");
    this.#waiting.shift()?.(result?.kind === "result" ? result : { properties: [], text: "" });
  }

  #readScope(messages: readonly Message[]): void {
    const local = messages.find((message) => message.kind === "local");
    const global = messages.find((message) => message.kind === "global");
    if (local?.kind !== "local") return;
    this.scope = {
      frame: local.frame,
      locals: local.properties,
      globals: global?.kind === "global" ? global.properties : [],
    };
  }

  #describeEnd(trouble: string | undefined, broken: boolean): MachineEnd {
    if (this.#abort?.startsWith("unhandled")) return { kind: "exception", reason: this.#abort };
    if (this.#abort !== undefined && this.#abort !== "") return { kind: "died", reason: this.#abort };
    if (this.#detaching) return { kind: "detached", reason: "detached" };
    if (trouble !== undefined) return { kind: "died", reason: trouble };
    if (broken) return { kind: "died", reason: "it vanished while it was stopped" };
    return { kind: "left", reason: "it left" };
  }
}

/** What came for an expression; `text`: what was thrown instead. */
export interface Answer {
  readonly properties: readonly Property[];
  readonly text: string;
}

/** `# Break: text!` and `# Exception: text!` */
function undecorated(text: string): string {
  return text
    .trimEnd()
    .replace(/^# (?:Break|Exception): /, "")
    .replace(/!$/, "");
}
