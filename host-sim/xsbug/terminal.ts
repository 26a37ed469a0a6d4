import { clearLine, createInterface, cursorTo, type Interface } from "node:readline";
import { createLogUpdate } from "log-update";

/** Where commands come from, and lines go to. */
export interface Terminal {
  /** Whole lines. */
  write(text: string): void;
  /** Whether a person, or a script, may want to say what happens at a stop. */
  readonly hasCommands: boolean;
  /** Commands for a stopped machine wait until one is stopped. */
  readonly waitsForStop: boolean;
  /** Shows that commands are welcome. */
  prompt(label: string): void;
  /** The next command; undefined: there will be no more. */
  nextCommand(): Promise<string | undefined>;
  /** A command is carried out now; shows one that nobody has typed. */
  echo(command: string): void;
  close(): void;
}

/** Output only. */
export class PlainTerminal implements Terminal {
  readonly hasCommands: boolean = false;
  readonly waitsForStop: boolean = false;
  readonly #output: NodeJS.WritableStream;

  constructor(output: NodeJS.WritableStream) {
    this.#output = output;
  }

  write(text: string): void {
    this.#output.write(text);
  }

  prompt(): void {}

  async nextCommand(): Promise<string | undefined> {
    return undefined;
  }

  echo(): void {}

  close(): void {}
}

/** Commands from a list; they are shown before their answers. */
export class ScriptTerminal implements Terminal {
  readonly waitsForStop: boolean = true;
  readonly #output: NodeJS.WritableStream;
  readonly #commands: string[];
  readonly #echo: boolean;
  #isDone = false;

  constructor(output: NodeJS.WritableStream, script: string, echo: boolean) {
    this.#output = output;
    this.#commands = script
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"));
    this.#echo = echo;
  }

  get hasCommands(): boolean {
    return !this.#isDone;
  }

  write(text: string): void {
    this.#output.write(text);
  }

  prompt(): void {}

  async nextCommand(): Promise<string | undefined> {
    const command = this.#commands.shift();
    this.#isDone = command === undefined;
    return command;
  }

  echo(command: string): void {
    if (this.#echo) this.write(`xsbug> ${command}\n`);
  }

  close(): void {
    this.#commands.length = 0;
    this.#isDone = true;
  }
}

/** Frames a second are enough for an eye; in ms. */
const REDRAW_INTERVAL = 500;

/** A person: a prompt below what happens, and if `table` is given a table instead of it while nothing is stopped. */
export class InteractiveTerminal implements Terminal {
  readonly hasCommands: boolean = true;
  readonly waitsForStop: boolean = false;
  readonly #output: NodeJS.WriteStream;
  readonly #readline: Interface;
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  readonly #table: (() => string) | undefined;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout | undefined;
  #isPrompting = false;
  #isClosed = false;

  constructor(
    input: NodeJS.ReadStream,
    output: NodeJS.WriteStream,
    interrupt: () => void,
    table?: () => string,
  ) {
    this.#output = output;
    this.#table = table;
    // The prompt needs the cursor.
    this.#draw = createLogUpdate(output, { showCursor: true });
    this.#readline = createInterface({ input, output, prompt: "xsbug> " });
    this.#readline.on("line", (line) => {
      this.#isPrompting = false;
      const next = this.#waiting.shift();
      if (next) next(line);
      else this.#lines.push(line);
    });
    this.#readline.on("SIGINT", interrupt);
    this.#readline.on("close", () => {
      this.#isClosed = true;
      for (const next of this.#waiting.splice(0)) next(undefined);
    });
    if (table) this.#timer = setInterval(() => this.#redraw(), REDRAW_INTERVAL);
  }

  write(text: string): void {
    if (this.#isPrompting) {
      cursorTo(this.#output, 0);
      clearLine(this.#output, 0);
      this.#output.write(text);
      this.#readline.prompt(true);
    } else {
      if (this.#table) this.#draw.clear();
      this.#output.write(text);
      this.#redraw();
    }
  }

  prompt(label: string): void {
    if (this.#isClosed) return;
    if (this.#table && !this.#isPrompting) this.#draw.clear();
    this.#readline.setPrompt(label === "" ? "xsbug> " : `xsbug ${label}> `);
    // While nothing is stopped the table has the place.
    this.#isPrompting = !this.#table || label !== "";
    if (this.#isPrompting) this.#readline.prompt(true);
  }

  nextCommand(): Promise<string | undefined> {
    const line = this.#lines.shift();
    if (line !== undefined || this.#isClosed) return Promise.resolve(line);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  echo(): void {}

  close(): void {
    clearInterval(this.#timer);
    this.#isPrompting = false;
    if (this.#table) this.#draw.done();
    this.#readline.close();
  }

  #redraw(): void {
    if (this.#table && !this.#isPrompting && !this.#isClosed) this.#draw(this.#table());
  }
}
