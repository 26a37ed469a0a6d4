import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { transformSync } from "esbuild";
import type { Bubble, DebuggedMachine } from "./debugger";
import type { TestResult } from "./display";
import type { Sources } from "./sources";

/** How long a board may take to be there again after a test. */
const COMES_BACK = 30_000;

/** The conversation of the SDK's test applications, testmc and test262. */
const CONVERSATION = "test262";
const READY = ">";
const PASSED = "<";

/**
 * Runs test files in a machine that runs one of the SDK's test applications, a file after the other. The application says
 * that it is ready, gets a file to import and each module that the file imports, says how it went, and is started anew.
 */
export class TestRun {
  readonly results: TestResult[] = [];
  /** A machine went away in the middle of a test. */
  crashed = false;
  /** Settles when all files have run, or no machine comes any more. */
  readonly finished: Promise<void>;
  readonly #files: readonly string[];
  readonly #sources: Sources;
  readonly #onResult: (result: TestResult) => void;
  readonly #timeout: number;
  #finish!: () => void;
  #machine: DebuggedMachine | undefined;
  /** Others that are ready. */
  readonly #ready: DebuggedMachine[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout - ms that a machine has to be ready, also for the next file */
  constructor(
    files: readonly string[],
    sources: Sources,
    onResult: (result: TestResult) => void,
    timeout: number = COMES_BACK,
  ) {
    this.#files = files;
    this.#sources = sources;
    this.#onResult = onResult;
    this.#timeout = timeout;
    this.finished = new Promise((settle) => {
      this.#finish = settle;
    });
    this.#wait();
  }

  /** Of any machine. @returns whether it was about tests */
  bubble(machine: DebuggedMachine, { conversation, text }: Bubble): boolean {
    if (conversation !== CONVERSATION) return false;
    if (text === READY) {
      this.#ready.push(machine);
      this.#start();
    } else if (machine === this.#machine) this.#report(text === PASSED ? undefined : text);
    return true;
  }

  import(machine: DebuggedMachine, path: string): void {
    try {
      const module = readModule(path);
      if (module?.map) this.#sources.provide(path, module.map);
      machine.provide(path, module?.code);
    } catch (error) {
      // Without the module the import fails in the machine, with less to say.
      machine.provide(path, `throw new SyntaxError(${JSON.stringify((error as Error).message)});`);
    }
  }

  ended(machine: DebuggedMachine): void {
    if (machine !== this.#machine) return;
    this.crashed = true;
    this.#report(`the machine has gone: ${machine.end?.reason ?? ""}`);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#finish();
  }

  get #file(): string | undefined {
    return this.#files[this.results.length];
  }

  #start(): void {
    const file = this.#file;
    if (this.#machine || file === undefined) return;
    while (this.#ready[0]?.connected === false) this.#ready.shift();
    const machine = this.#ready.shift();
    if (!machine) return;
    clearTimeout(this.#timer);
    this.#machine = machine;
    const path = resolve(file).replaceAll("\\", "/");
    machine.import(path, isAsync(path));
  }

  /** @param trouble - undefined: passed */
  #report(trouble: string | undefined): void {
    const machine = this.#machine;
    this.#machine = undefined;
    const result = { file: this.#file!, passed: trouble === undefined, message: trouble ?? "" };
    this.results.push(result);
    this.#onResult(result);
    if (machine?.connected) machine.abort();
    if (this.#file === undefined) {
      this.stop();
      return;
    }
    this.#wait();
    this.#start();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      const message = `no test machine was ready within ${this.#timeout / 1_000} s`;
      while (this.#file !== undefined) {
        const result = { file: this.#file, passed: false, message };
        this.results.push(result);
        this.#onResult(result);
      }
      this.stop();
    }, this.#timeout);
  }
}

/** As in test262: `flags: [async]` says that the file calls `$DONE`. */
function isAsync(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })) return false;
  const metadata = /\/\*---([\s\S]*?)---\*\//.exec(readFileSync(path, "utf8"))?.[1] ?? "";
  return /^flags:.*\basync\b/m.test(metadata);
}

interface TestModule {
  readonly code: string;
  /** Its lines are not those of the file. */
  readonly map?: string;
}

/** A module as the machine can read it; undefined: there is none. */
function readModule(path: string): TestModule | undefined {
  const file = [path, `${path}.ts`, `${path}.js`, path.replace(/\.js$/, ".ts")].find((candidate) =>
    statSync(candidate, { throwIfNoEntry: false })?.isFile(),
  );
  if (file === undefined) return undefined;
  const text = readFileSync(file, "utf8");
  // That is what ends a source in the protocol; esbuild leaves it in literals only.
  if (!file.endsWith(".ts") && !text.includes("]]>")) return { code: text };
  return transformSync(text, {
    ...{ loader: file.endsWith(".ts") ? "ts" : "js", format: "esm", target: "es2022" },
    ...{ sourcefile: file, sourcemap: "external" },
    // As in the modules of a firmware.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
  });
}
