import { type Creation, LARGE_CREATION } from "./creation";
import { type Death, death, ENGINE_TRAP } from "./death";
import { EngineInstance } from "./engine-instance";
import { type HostFunctions, Machine, type MachineOptions } from "./machine";
import type { ModuleLoader } from "./modules";
import type { MachineStatistics } from "./statistics";
import type { WebAssemblyModule } from "./web-assembly";

export interface RootOptions {
  readonly modules: ModuleLoader;
  /** Modules that go to read-only memory, frozen as the SDK's linker freezes them; default none. */
  readonly preload?: readonly string[];
  /** What modules declare with `@ "name"`; machines may have their own. */
  readonly functions?: HostFunctions;
  /**
   * Whether modules are compiled with the lines of their sources. They cost work and bytecode: budgets are measured without.
   * Default true.
   */
  readonly lines?: boolean;
  /**
   * Whether programs may replace built-ins, as test tools do. On a board they are frozen; machines pay about 6 kB for it.
   * Default false.
   */
  readonly openBuiltIns?: boolean;
  /** Of the machine that compiles and preloads; default LARGE_CREATION. */
  readonly creation?: Creation;
  readonly onTrace?: (text: string) => void;
}

/** Bytes of bytecode, as the SDK's compiler writes them. */
export interface ModuleSize {
  readonly code: number;
  readonly symbols: number;
}

/** One firmware in one instance of the engine, and the machines that run it. */
export class Root {
  /** Of this module for machine.ts: what `@ "name"` was bound to. */
  readonly functionNames: string[] = [];
  readonly instance: EngineInstance;
  readonly options: RootOptions;
  readonly #machines: Map<number, Machine> = new Map();
  readonly #root: Machine;
  #identifier = 0;
  #trap: Death | undefined;

  constructor(module: WebAssemblyModule, options: RootOptions) {
    this.options = options;
    const machine = (identifier: number): Machine => this.#machines.get(identifier)!;
    this.instance = new EngineInstance(module, {
      report: (id, address, length) => machine(id).traced(this.instance.text(address, length)),
      date: (id) => machine(id).date(),
      random: (id) => machine(id).random(),
      findModule: (id, address, length, importer, importerLength) =>
        machine(id).findModule(
          this.instance.text(address, length),
          this.instance.text(importer, importerLength),
        ),
      loadModule: (id, address, length) => machine(id).loadModule(this.instance.text(address, length)),
      bind: (_id, address, length) => this.#bind(this.instance.text(address, length)),
      call: (id, index, handle, construct, address, length) =>
        machine(id).called(index, handle, construct !== 0, address, length),
      drop: (id, handle) => machine(id).dropped(handle),
      debugConnect: (id) => (machine(id).options.debug?.connect() ? 1 : 0),
      debugDisconnect: (id) => machine(id).options.debug?.disconnect(),
      debugReadable: (id) => (machine(id).options.debug?.readable() ? 1 : 0),
      debugReceive: (id, address, size) => {
        const bytes = machine(id).options.debug?.receive(size);
        if (bytes) this.instance.bytes(address, bytes.length).set(bytes);
        return bytes?.length ?? 0;
      },
      debugSend: (id, address, length) =>
        machine(id).options.debug?.send(this.instance.bytes(address, length).slice()),
    });
    const creation = options.creation ?? LARGE_CREATION;
    const onTrace = options.onTrace ?? ((): void => undefined);
    this.#root = new Machine(this, this.#nextIdentifier(), { name: "root", creation, onTrace }, undefined);
    if (options.openBuiltIns) this.#root.keepBuiltInsOpen();
    for (const specifier of options.preload ?? []) this.#root.import(specifier).release();
    this.#root.share();
  }

  /** A machine that runs this firmware, with memory and state of its own. */
  createMachine(options: MachineOptions): Machine {
    if (this.#trap) throw new Error(`the engine is lost: ${this.#trap.detail}`);
    return new Machine(this, this.#nextIdentifier(), options, this.#root);
  }

  /** What is preloaded: flash on a board. */
  statistics(): MachineStatistics {
    return this.#root.statistics();
  }

  /** Size of one module's bytecode. */
  measureModule(name: string): ModuleSize {
    return this.#root.measureModule(name);
  }

  /** Ends every machine. */
  close(): void {
    for (const machine of this.machines) machine.close();
  }

  /** Those that are alive. */
  get machines(): readonly Machine[] {
    return [...this.#machines.values()].filter((machine) => machine !== this.#root && machine.alive);
  }

  /** For machine.ts. */
  enrol(identifier: number, machine: Machine): void {
    this.#machines.set(identifier, machine);
  }

  /** For machine.ts. */
  dismiss(identifier: number): void {
    this.#machines.delete(identifier);
  }

  /** For machine.ts: whatever leaves the engine as an exception leaves it unusable. */
  guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#trap = death(ENGINE_TRAP, String(error));
      for (const machine of this.#machines.values()) machine.end(this.#trap);
      throw error;
    }
  }

  get trapped(): boolean {
    return this.#trap !== undefined;
  }

  #nextIdentifier(): number {
    this.#identifier += 1;
    return this.#identifier;
  }

  #bind(name: string): number {
    const known = this.functionNames.indexOf(name);
    if (known >= 0) return known + 1;
    return this.functionNames.push(name);
  }
}
