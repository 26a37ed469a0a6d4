import { createRandom } from "../board/random";
import { type Creation, creationFields } from "./creation";
import { CLOSED, type Death, death, MachineDeath, UNHANDLED_EXCEPTION, XSException } from "./death";
import type { DebugWire } from "./debug-wire";
import type { EngineInstance } from "./engine-instance";
import { type HostFunctions, HostObjects, runHostFunction } from "./host-function";
import type { ModuleLoader } from "./modules";
import { Reference } from "./reference";
import type { ModuleSize, Root } from "./root";
import { type MachineStatistics, readStatistics, STATISTICS_COUNT } from "./statistics";
import { decodeValue, type ValueContext, ValueWriter } from "./values";

export type { HostCall, HostFunction, HostFunctions } from "./host-function";
export { Reference } from "./reference";

export interface MachineOptions {
  /** For reports. */
  readonly name: string;
  readonly creation: Creation;
  /** Default: those of the root. What is preloaded is taken from there. */
  readonly modules?: ModuleLoader;
  /** Before those of the root. */
  readonly functions?: HostFunctions;
  /** Milliseconds since 1970, for `Date`; default: 2026-01-01 stands still. */
  readonly date?: () => number;
  /** For `Math.random`; default: seeded with 1. */
  readonly random?: () => number;
  /** Work allowed in one turn, 1 to 4,294,967,295; a program that needs more ends with "too much computation". Default 20,000,000. */
  readonly meterLimit?: number;
  /** Text that programs trace and XS reports. */
  readonly onTrace?: (text: string) => void;
  /** Called once, when the machine has ended for whatever reason but `close()`. */
  readonly onDeath?: (death: Death, machine: Machine) => void;
  /** To an xsbug, which this machine then waits for: at its birth, and whenever it breaks. Default none. */
  readonly debug?: DebugWire;
}

const DEFAULT_METER_LIMIT = 20_000_000;
const EPOCH: number = Date.UTC(2026, 0, 1);
const OK = 0;
const THREW = 1;

/** One XS machine: one simulated microcontroller's JavaScript. */
export class Machine {
  readonly name: string;
  readonly options: MachineOptions;
  /** Objects of the host that objects in the machine stand for. */
  readonly objects: HostObjects = new HostObjects();
  readonly #root: Root;
  readonly #instance: EngineInstance;
  readonly #identifier: number;
  readonly #random: () => number;
  readonly #context: ValueContext;
  #address: number;
  #depth = 0;
  #death: Death | undefined;
  #lastStatistics: MachineStatistics | undefined;

  /** Use `root.createMachine`. */
  constructor(root: Root, identifier: number, options: MachineOptions, parent: Machine | undefined) {
    this.#root = root;
    this.#instance = root.instance;
    this.#identifier = identifier;
    this.name = options.name;
    this.options = options;
    this.#random = options.random ?? createRandom(1);
    this.#context = this.#createContext();
    root.enrol(identifier, this);
    const fields = new Int32Array(creationFields(options.creation));
    this.#address = this.#instance.lend(new Uint8Array(fields.buffer), (creation) =>
      this.#instance.lendText(options.name, (name) =>
        root.guard(() =>
          parent
            ? this.#instance.exports.cloneMachine(identifier, creation, parent.#address, name)
            : this.#instance.exports.createMachine(
                identifier,
                creation,
                name,
                root.options.lines === false ? 0 : 1,
              ),
        ),
      ),
    );
    if (this.#address === 0) {
      root.dismiss(identifier);
      throw new MachineDeath(this.name, death(1, "its creation is too small to start with"));
    }
    const limit = parent ? (options.meterLimit ?? DEFAULT_METER_LIMIT) : 0;
    this.#instance.exports.setMeterLimit(this.#address, limit);
    this.#attachDebugger();
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  /** Why it ended. */
  get death(): Death | undefined {
    return this.#death;
  }

  /**
   * Loads a module and those it imports.
   * @returns its namespace
   * @throws {XSException} what the module threw; {MachineDeath} if the machine ended
   */
  import(specifier: string): Reference {
    const address = this.#turn(() =>
      this.#instance.lendText(specifier, (text) => this.#instance.exports.importModule(this.#address, text)),
    );
    return new Reference(this, new DataView(address.buffer).getUint32(0, true), false);
  }

  /** Lets promise jobs run that no turn has run yet. */
  runJobs(): void {
    this.#turn(() => this.#instance.exports.runJobs(this.#address));
  }

  collectGarbage(): void {
    this.#turn(() => this.#instance.exports.collectGarbage(this.#address));
  }

  /** Of a machine that ended: its last. */
  statistics(): MachineStatistics {
    if (this.#lastStatistics) return this.#lastStatistics;
    const values = new Uint8Array(STATISTICS_COUNT * 8);
    this.#instance.lend(values, (address) => {
      this.#instance.exports.statistics(this.#address, address);
      values.set(this.#instance.bytes(address, values.length));
    });
    return readStatistics(new Float64Array(values.buffer));
  }

  /** Peaks count from here on. */
  resetPeaks(): void {
    if (this.alive) this.#instance.exports.resetPeaks(this.#address);
  }

  /** Sends the figures of the engine to the debugger, if there is one. */
  sampleInstrumentation(): void {
    if (this.alive) this.#instance.exports.sampleInstrumentation(this.#address);
  }

  /**
   * Calls as a board delivers an event: what the program throws is an unhandled exception and ends the machine. Nothing
   * happens once it has ended.
   */
  deliver(callback: Reference, target: Reference | undefined, parameters: readonly unknown[] = []): void {
    if (!this.alive || callback.released) return;
    try {
      callback.run(target, parameters);
    } catch (error) {
      if (error instanceof XSException) this.end(death(UNHANDLED_EXCEPTION, error.deviceStack));
      else if (!(error instanceof MachineDeath)) throw error;
    }
  }

  /** Ends the machine, like cutting its power. */
  close(): void {
    this.end(death(CLOSED));
  }

  /** A new machine of the same kind, after this one has ended. */
  restart(): Machine {
    this.close();
    return this.#root.createMachine(this.options);
  }

  /** For host functions: an object of the program's that stands for `object`. */
  createHostObject(object: object): Reference {
    const handle = this.objects.add(object);
    const address = this.#turn(() => this.#instance.exports.createHostObject(this.#address, handle));
    return new Reference(this, new DataView(address.buffer).getUint32(0, true), false);
  }

  // The rest is for the other files of the engine.

  callReference(
    reference: number,
    instance: number,
    parameters: readonly unknown[],
    wanted: boolean,
  ): unknown {
    const message = new ValueWriter(this.#context).unsigned(parameters.length);
    for (const parameter of parameters) message.value(parameter);
    const result = this.#turn(() =>
      this.#instance.lend(message.bytes, (address) =>
        this.#instance.exports.callFunction(this.#address, reference, instance, address, wanted ? 1 : 0),
      ),
    );
    return wanted ? decodeValue(this.#context, result) : undefined;
  }

  getProperty(reference: number, name: string): unknown {
    const result = this.#turn(() =>
      this.#instance.lendText(name, (text) =>
        this.#instance.exports.getProperty(this.#address, reference, text),
      ),
    );
    return decodeValue(this.#context, result);
  }

  releaseReference(reference: number): void {
    if (this.alive) this.#instance.exports.releaseReference(reference);
  }

  retainThis(): Reference {
    return new Reference(this, this.#instance.exports.retainThis(this.#address), false);
  }

  unbind(reference: number): void {
    if (this.alive) this.objects.remove(this.#instance.exports.unbindReference(reference));
  }

  keepBuiltInsOpen(): void {
    this.#instance.exports.keepBuiltInsOpen(this.#address);
  }

  share(): void {
    this.#turn(() => this.#instance.exports.shareMachine(this.#address));
  }

  measureModule(name: string): ModuleSize {
    const module = this.#modules.load(name);
    if (!module) throw new Error(`module ${name} not found`);
    const source = Buffer.from(module.source, "utf8");
    const sizes = new Uint8Array(8);
    const done = this.#instance.lendText(name, (path) =>
      this.#instance.lend(source, (text) =>
        this.#instance.lend(sizes, (address) => {
          const { exports } = this.#instance;
          const result = exports.measureModule(this.#address, path, text, source.length, address);
          sizes.set(this.#instance.bytes(address, 8));
          return result;
        }),
      ),
    );
    if (!done) throw new SyntaxError(Buffer.from(this.#instance.result().subarray(4)).toString("utf8"));
    const view = new DataView(sizes.buffer);
    return { code: view.getUint32(0, true), symbols: view.getUint32(4, true) };
  }

  traced(text: string): void {
    (this.options.onTrace ?? this.#root.options.onTrace)?.(text);
  }

  date(): number {
    return this.options.date?.() ?? EPOCH;
  }

  random(): number {
    return this.#random();
  }

  findModule(specifier: string, importer: string): number {
    const name = this.#modules.resolve(specifier, importer);
    return name === undefined ? 0 : this.#instance.allocateText(name);
  }

  loadModule(name: string): number {
    const module = this.#modules.load(name);
    if (!module) return 0;
    const source = Buffer.from(module.source, "utf8");
    const map = Buffer.from(this.#root.options.lines === false ? "" : (module.map ?? ""), "utf8");
    const header = new Uint32Array([source.length, map.length, module.native ? 1 : 0]);
    return this.#instance.allocate(Buffer.concat([new Uint8Array(header.buffer), source, map]));
  }

  /** A program calls a host function. Nothing may be thrown through the engine. */
  called(index: number, handle: number, construct: boolean, address: number, length: number): number {
    const name = this.#root.functionNames[index - 1] ?? "";
    const handler = this.options.functions?.[name] ?? this.#root.options.functions?.[name];
    const answer = runHostFunction(
      {
        machine: this,
        name,
        handler,
        construct,
        instance: this.objects.get(handle),
        context: this.#context,
        message: this.#instance.bytes(address, length).slice(),
      },
      () => this.alive,
    );
    return answer ? this.#instance.allocate(answer) : 0;
  }

  dropped(handle: number): void {
    this.objects.drop(handle);
  }

  /** The first reason counts. */
  end(reason: Death): void {
    if (this.#death) return;
    if (!this.#root.trapped) {
      this.#lastStatistics = this.statistics();
      this.#instance.exports.reportAbort(this.#address, reason.code);
    }
    this.#death = reason;
    if (this.#depth === 0) this.#free();
    if (reason.code !== CLOSED) this.options.onDeath?.(reason, this);
  }

  #attachDebugger(): void {
    const { debug } = this.options;
    if (!debug) return;
    this.#instance.exports.describeInstrumentation(this.#address);
    debug.onReadable = () => {
      // What comes while the machine runs is read by the machine itself.
      if (!this.alive || this.#depth > 0) return;
      try {
        this.#turn(() => this.#instance.exports.serveDebugger(this.#address));
      } catch (error) {
        if (!(error instanceof MachineDeath)) throw error;
      }
    };
  }

  get #modules(): ModuleLoader {
    return this.options.modules ?? this.#root.options.modules;
  }

  #free(): void {
    if (!this.#root.trapped) this.#instance.exports.deleteMachine(this.#address);
    this.#address = 0;
    this.objects.dropAll();
    this.#root.dismiss(this.#identifier);
  }

  #turn(work: () => number): Uint8Array {
    if (this.#death) throw new MachineDeath(this.name, this.#death);
    this.#depth += 1;
    let status: number;
    let result: Uint8Array;
    try {
      status = this.#root.guard(work);
      result = this.#instance.result();
      if (status !== OK && status !== THREW)
        this.end(death(this.#instance.exports.abortStatus(this.#address), describe(this.#context, result)));
    } finally {
      this.#depth -= 1;
      if (this.#death && this.#depth === 0) this.#free();
    }
    if (this.#death) throw new MachineDeath(this.name, this.#death);
    if (status === THREW)
      throw new XSException(decodeValue(this.#context, result) as Record<string, unknown>);
    return result;
  }

  #createContext(): ValueContext {
    return {
      memory: (address, length) => this.#instance.bytes(address, length),
      reference: (address, callable) => new Reference(this, address, callable),
      hostObject: (handle) => this.objects.get(handle),
      referenceAddress: (value) => (value instanceof Reference ? value.addressIn(this) : undefined),
    };
  }
}

/** The exception that ended a machine, if one did. */
function describe(context: ValueContext, result: Uint8Array): string | undefined {
  if (result.length === 0) return undefined;
  return new XSException(decodeValue(context, result) as Record<string, unknown>).deviceStack;
}
