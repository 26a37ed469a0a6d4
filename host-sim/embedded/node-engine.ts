import type { DeviceEngine, DeviceUsage, EngineEnvironment } from "./device-engine";
import { DeviceException, describeThrown, scriptName } from "./device-exception";
import { DeviceRealm } from "./device-realm";
import { createEmbedded, type ModuleNamespace } from "./index";
import { resolveSpecifier } from "./specifier";

/** A firmware as this engine takes it: modules in CommonJS. */
export interface NodeProgram {
  readonly name: string;
  readonly main: string;
  readonly modules: ReadonlyMap<string, NodeProgramModule>;
}

export interface NodeProgramModule {
  readonly file: string;
  readonly code: string;
  readonly topLevelNames: readonly string[];
  readonly isPreloaded: boolean;
}

/** Runs a firmware in a realm of Node's own engine: fast, without the limits of the chip. */
export class NodeEngine implements DeviceEngine {
  readonly #program: NodeProgram;
  readonly #environment: EngineEnvironment;
  readonly #frozen: boolean;
  readonly #realm: DeviceRealm;
  readonly #modules = new Map<string, { exports: object }>();
  readonly #platform: (specifier: string) => ModuleNamespace | undefined;
  #application: { close?: (callback?: () => void) => void } | undefined;

  /** @param frozen - whether preloaded modules are frozen after they have been evaluated */
  constructor(program: NodeProgram, environment: EngineEnvironment, frozen: boolean) {
    this.#program = program;
    this.#environment = environment;
    this.#frozen = frozen;
    const { board, network, clock, time, random, resources, onTrace } = environment;
    this.#realm = new DeviceRealm({ date: () => time.date(), random, trace: onTrace });
    board.realm = this.#realm.realm;
    const config = this.#realm.copyFrozen(environment.config);
    const { realm } = this.#realm;
    this.#platform = createEmbedded({ board, network, clock, config, realm, time, resources });
  }

  begin(): void {
    rejections.add(this);
    const main = this.#evaluate(this.#program.main) as { default?: unknown };
    if (typeof main.default === "function") this.#application = main.default();
  }

  close(onClosed: () => void): boolean {
    const application = this.#application;
    const close = application?.close;
    if (!application || typeof close !== "function") return false;
    close.call(application, onClosed);
    return true;
  }

  end(): void {
    rejections.delete(this);
  }

  describe(error: unknown): DeviceException {
    const codeOf = (file: string) =>
      [...this.#program.modules.values()].find((module) => module.file === file)?.code;
    return new DeviceException(this.#program.name, describeThrown(error, codeOf));
  }

  usage(): DeviceUsage | undefined {
    return undefined;
  }

  liveUsage(): DeviceUsage | undefined {
    return undefined;
  }

  /** @throws {Error} always: here a loop would never end, and the heap is the desktop's */
  provoke(): never {
    throw new Error("only an XS machine can be brought to its limits");
  }

  /** For promises that nobody handles. */
  owns(promise: unknown): boolean {
    return this.#realm.owns(promise);
  }

  rejected(reason: unknown): void {
    this.#environment.onFailure(reason);
  }

  #require(from: string, specifier: string): object {
    const name = resolveSpecifier(from, specifier);
    return this.#program.modules.has(name) ? this.#evaluate(name) : (this.#platform(name) as object);
  }

  #evaluate(name: string): object {
    const known = this.#modules.get(name);
    if (known) return known.exports;
    const source = this.#program.modules.get(name)!;
    const module: { exports: object; topLevel?: () => unknown[] } = { exports: {} };
    this.#modules.set(name, module);
    const evaluate = this.#realm.compile(
      source.code + reveal(source),
      scriptName(this.#program.name, source.file),
    );
    evaluate(module.exports, (specifier) => this.#require(name, specifier), module);
    if (source.isPreloaded && this.#frozen) {
      for (const value of module.topLevel?.() ?? []) this.#realm.petrify(value);
      for (const value of Object.values(module.exports)) this.#realm.petrify(value);
    }
    return module.exports;
  }
}

/** Lets the simulator reach what a module does not export, to freeze it. */
function reveal(source: NodeProgramModule): string {
  return `\nmodule.topLevel = () => [${source.topLevelNames.join(", ")}];`;
}

/** Devices that run, for promises that nobody handles. */
const rejections = {
  engines: new Set<NodeEngine>(),
  add(engine: NodeEngine): void {
    if (this.engines.size === 0) process.on("unhandledRejection", onUnhandledRejection);
    this.engines.add(engine);
  },
  delete(engine: NodeEngine): void {
    if (this.engines.delete(engine) && this.engines.size === 0)
      process.off("unhandledRejection", onUnhandledRejection);
  },
};

function onUnhandledRejection(reason: unknown, promise: Promise<unknown>): void {
  for (const engine of rejections.engines)
    if (engine.owns(promise)) {
      engine.rejected(reason);
      return;
    }
  // Not a device's: end the simulator, as Node does without this listener.
  throw reason;
}
