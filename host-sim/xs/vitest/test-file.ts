import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Creation, LARGE_CREATION } from "../creation";
import { MachineDeath, XSException } from "../death";
import { Engine } from "../engine";
import type { Machine, Reference } from "../machine";
import { combineModules, FileModules, type ModuleLoader, TextModules } from "../modules";
import type { Root } from "../root";
import { NpmModules } from "./npm-modules";
import { vitestModule } from "./shim-bundle";
import { TEST_MODULES } from "./test-modules";

/** One to two minutes of one test. */
const METER_LIMIT = 1_000_000_000;

/** What a test file says of itself in XS, and the means to run it. */
export interface XSTestFile {
  /** Names of suites and test, outermost first. */
  readonly names: readonly (readonly string[])[];
  /** @throws what the test threw, with the positions of the sources */
  run(index: number): void;
  close(): void;
}

/** Room enough to collect seldom: a collection takes longer than most tests. */
const TEST_CREATION: Creation = {
  ...LARGE_CREATION,
  chunk: { initial: 32 * 1_048_576, incremental: 4 * 1_048_576 },
  heap: { initial: 524_288, incremental: 131_072 },
};

interface Outcome {
  readonly done: boolean;
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly stack: string;
    readonly expected?: string;
    readonly actual?: string;
  };
}

let suite: Promise<Root> | undefined;

/**
 * Loads a test file of device code into a machine of XS. Every module under `device/` that needs no board is preloaded and
 * frozen as in flash, so a write to module state throws here as it does there.
 * @param path - from the root of the repository, e.g. `test/mqtt/topic.test.ts`
 */
export async function loadTestFile(path: string, root: string = process.cwd()): Promise<XSTestFile> {
  suite ??= createSuite(root);
  return new LoadedFile(await suite, path.replace(/\.ts$/, ""), root);
}

async function createSuite(root: string): Promise<Root> {
  const [engine, vitest] = await Promise.all([Engine.load(), vitestModule()]);
  const modules = combineModules(
    new TextModules({ vitest, ...TEST_MODULES }),
    new NpmModules(root, PACKAGES),
    testModules(new FileModules(root)),
  );
  const complete = deviceModules(root).filter((name) => isComplete(modules, name, new Set()));
  return engine.createRoot({ modules, preload: ["test-repairs", "timer", ...complete], openBuiltIns: true });
}

/** Whether a module and all it imports are there: one that is half written must fail its own tests only. */
function isComplete(modules: ModuleLoader, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return true;
  seen.add(name);
  const source = modules.load(name)?.source;
  if (source === undefined) return false;
  return [...source.matchAll(/^(?:import|export)\b[^;]*?["']([^"']+)["'];$/gm)].every(([, specifier]) => {
    const imported = modules.resolve(specifier!, name);
    return imported !== undefined && isComplete(modules, imported, seen);
  });
}

/** What test files compare with. */
const PACKAGES: readonly string[] = ["mqtt-packet", "fast-check"];

/** What of Node's globals test files may use; device code must not find them. */
const TEST_GLOBALS: readonly (readonly [use: RegExp, declaration: string])[] = [
  [/\bText(?:En|De)coder\b/, 'import { TextEncoder, TextDecoder } from "test-globals";'],
  [/\bBuffer\./, 'import { Buffer } from "mqtt-packet";'],
];

function testModules(files: ModuleLoader): ModuleLoader {
  return {
    resolve: (specifier, importer) => files.resolve(specifier, importer),
    load(name) {
      const module = files.load(name);
      if (!module || name.startsWith("device/")) return module;
      const used = TEST_GLOBALS.filter(([use]) => use.test(module.source));
      // On the first line, so that the source map stays right.
      const source = `${used.map(([, declaration]) => declaration).join(" ")} ${module.source}`;
      return { ...module, source };
    },
  };
}

/** What is preloaded: everything but the applications, which import the board. */
function deviceModules(root: string): string[] {
  return ["mqtt", "client", "drivers", "home"].flatMap((layer) =>
    readdirSync(join(root, "device", layer), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
      .map((name) => `device/${layer}/${name.replaceAll("\\", "/").slice(0, -3)}`)
      .sort(),
  );
}

class LoadedFile implements XSTestFile {
  readonly names: readonly (readonly string[])[];
  readonly #root: Root;
  readonly #name: string;
  readonly #directory: string;
  #machine: Machine;
  #vitest: Reference;

  constructor(root: Root, name: string, directory: string) {
    this.#root = root;
    this.#name = name;
    this.#directory = directory;
    [this.#machine, this.#vitest] = this.#load();
    this.names = this.#vitest.invoke("collect") as string[][];
  }

  run(index: number): void {
    if (!this.#machine.alive) [this.#machine, this.#vitest] = this.#load();
    this.#translated(() => this.#vitest.invoke("start", [index]));
    const outcome = this.#translated(() => this.#vitest.invoke("outcome")) as Outcome;
    if (outcome.error) throw this.#failure(outcome.error);
    if (!outcome.done) throw new Error("the test awaits something that never happens");
  }

  close(): void {
    this.#machine.close();
  }

  #load(): [Machine, Reference] {
    const machine = this.#root.createMachine({
      name: this.#name,
      creation: TEST_CREATION,
      meterLimit: METER_LIMIT,
    });
    return this.#translated(() => {
      machine.import("test-timer").release();
      const vitest = machine.import("vitest");
      machine.import(this.#name).release();
      return [machine, vitest];
    });
  }

  #translated<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof XSException)
        throw this.#failure({ name: error.name, message: error.message, stack: error.deviceStack });
      if (error instanceof MachineDeath) throw new Error(`XS ended: ${error.message}`, { cause: error });
      throw error;
    }
  }

  #failure(thrown: NonNullable<Outcome["error"]>): Error {
    const error = new Error(thrown.message);
    error.name = thrown.name;
    error.stack = `${thrown.name}: ${thrown.message}\n${this.#frames(thrown.stack)}`;
    return Object.assign(
      error,
      "expected" in thrown ? { expected: thrown.expected, actual: thrown.actual } : {},
    );
  }

  /** XS's frames in the form of V8's, so that Vitest shows the line. */
  #frames(stack: string): string {
    const frames = [...stack.matchAll(/^ at ?(.*) \(([^():]+\.ts):(\d+)\)$/gm)];
    return frames
      .map(
        ([, name, file, line]) =>
          `    at ${name || "<anonymous>"} (${resolve(this.#directory, file!)}:${line}:1)`,
      )
      .join("\n");
  }
}
