import { styleText } from "node:util";
import type { Bubble, DebuggedMachine, MachineEnd } from "./debugger";
import type { SourcePosition } from "./sources";
import { type Paint, place, printStop, type StopReport } from "./stop-report";

export interface TestResult {
  readonly file: string;
  readonly passed: boolean;
  /** What went wrong. */
  readonly message: string;
}

/** How xsbug shows what happens. */
export interface Display {
  started(host: string, port: number): void;
  connected(machine: DebuggedMachine): void;
  log(machine: DebuggedMachine, line: string, source: SourcePosition | undefined): void;
  stopped(report: StopReport, isShort: boolean): void;
  sample(machine: DebuggedMachine): void;
  bubble(machine: DebuggedMachine, bubble: Bubble): void;
  test(result: TestResult): void;
  ended(machine: DebuggedMachine, end: MachineEnd): void;
  stranger(address: string, trouble: string): void;
  /** What a command of the prompt answers. */
  answer(text: string): void;
  summary(summary: Summary): void;
}

export interface Summary {
  readonly machines: readonly DebuggedMachine[];
  readonly tests: readonly TestResult[];
  /** Files that were written. */
  readonly files: readonly string[];
  readonly exitCode: number;
}

/** Lines of text for people. `write` gets whole lines. */
export class TextDisplay implements Display {
  readonly #write: (text: string) => void;
  readonly #columns: () => number;
  readonly #paint: Paint;

  constructor(write: (text: string) => void, columns: () => number, colours: boolean) {
    this.#write = write;
    this.#columns = () => Math.max(80, columns());
    this.#paint = (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
  }

  get paint(): Paint {
    return this.#paint;
  }

  started(host: string, port: number): void {
    this.#write(`xsbug: machines may connect to ${host}:${port}; Ctrl-C ends it\n`);
  }

  connected({ label, version }: DebuggedMachine): void {
    this.#write(`${label}: connected, ${version}\n`);
  }

  log({ label }: DebuggedMachine, line: string, source: SourcePosition | undefined): void {
    this.#write(`${label} | ${source ? `${place(source)}: ` : ""}${line.replace(/^# /, "")}\n`);
  }

  stopped(report: StopReport, isShort: boolean): void {
    this.#write(printStop(report, this.#columns(), this.#paint, !isShort));
  }

  sample(): void {}

  bubble({ label }: DebuggedMachine, { conversation, text }: Bubble): void {
    this.#write(`${label} | ${conversation ? `${conversation}: ` : ""}${text}\n`);
  }

  test({ file, passed, message }: TestResult): void {
    this.#write(passed ? `pass  ${file}\n` : `${this.#paint("red", "FAIL")}  ${file}\n      ${message}\n`);
  }

  ended({ label }: DebuggedMachine, { kind, reason }: MachineEnd): void {
    const text = {
      left: `${label}: ${reason}`,
      detached: `${label}: ${reason}`,
      exception: `${label}: ended by an exception that nobody caught (${reason})`,
      died: this.#paint("red", `${label}: died: ${reason}`),
    }[kind];
    this.#write(`${text}\n`);
  }

  stranger(address: string, trouble: string): void {
    this.#write(`xsbug: refused a connection from ${address}: ${trouble}\n`);
  }

  answer(text: string): void {
    this.#write(`${text}\n`);
  }

  summary({ machines, tests, files, exitCode }: Summary): void {
    const lines = machines.flatMap(summaryLines);
    if (machines.length === 0) lines.push("no machine came");
    if (tests.length > 0) {
      const passed = tests.filter((test) => test.passed).length;
      lines.push(`${passed} of ${tests.length} test files passed`);
    }
    lines.push(...files.map((file) => `written: ${file}`));
    const verdict = { 0: "clean", 1: "an exception or a failed test", 3: "a machine died" }[exitCode] ?? "";
    this.#write(`\n${lines.join("\n")}\n${verdict === "" ? "" : `exit code ${exitCode}: ${verdict}\n`}`);
  }
}

function summaryLines(machine: DebuggedMachine): string[] {
  const { label, exceptions, end, instrumentation } = machine;
  const stops = exceptions === 1 ? "1 exception" : `${exceptions} exceptions`;
  const rows = instrumentation.last ? instrumentation.rows().filter(({ peak }) => peak !== "0") : [];
  return [
    `${label}: ${stops}${end ? `, ${end.reason}` : ""}`,
    ...rows.map(({ name, now, peak }) => `  ${name.padEnd(22)} ${now.padStart(24)}   peak ${peak}`),
  ];
}

/** Events as JSON, one a line. */
export class JSONDisplay implements Display {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  started(host: string, port: number): void {
    this.#line({ event: "listening", host, port });
  }

  connected({ label, version }: DebuggedMachine): void {
    this.#line({ event: "connected", machine: label, version });
  }

  log({ label }: DebuggedMachine, text: string, source: SourcePosition | undefined): void {
    this.#line({ event: "log", machine: label, text, ...position(source) });
  }

  stopped({ machine, reason, text, source, frames }: StopReport): void {
    const stack = frames.map(({ name, source: at, locals }) => ({
      name,
      ...position(at),
      ...(locals && { locals: Object.fromEntries(locals.map((local) => [local.name, local.text])) }),
    }));
    const code = source?.lines?.[source.line - 1]?.trim();
    const event = reason === "exception" ? "exception" : "break";
    this.#line({ event, machine, reason, text, ...position(source), source: code, stack });
  }

  sample({ label, instrumentation }: DebuggedMachine): void {
    const second = instrumentation.last?.second;
    this.#line({ event: "sample", machine: label, second, values: instrumentation.latest() });
  }

  bubble({ label }: DebuggedMachine, { conversation, flags, text }: Bubble): void {
    this.#line({ event: "bubble", machine: label, conversation, flags, text });
  }

  test({ file, passed, message }: TestResult): void {
    this.#line({ event: "test", file, passed, ...(!passed && { message }) });
  }

  ended({ label }: DebuggedMachine, { kind, reason }: MachineEnd): void {
    this.#line({ event: "ended", machine: label, how: kind, reason });
  }

  stranger(address: string, trouble: string): void {
    this.#line({ event: "refused", address, reason: trouble });
  }

  answer(text: string): void {
    this.#line({ event: "answer", text });
  }

  summary({ machines, tests, files, exitCode }: Summary): void {
    const exceptions = machines.reduce((sum, machine) => sum + machine.exceptions, 0);
    const died = machines.filter(({ end }) => end?.kind === "died").length;
    const failed = tests.filter(({ passed }) => !passed).length;
    this.#line({ event: "summary", machines: machines.length, exceptions, died, failed, files, exitCode });
  }

  #line(event: object): void {
    this.#write(`${JSON.stringify(event)}\n`);
  }
}

function position(source: SourcePosition | undefined): { file?: string; line?: number } {
  return source ? { file: source.file, line: source.line } : {};
}
