import type { DeviceEngine, DeviceFault, DeviceUsage, EngineEnvironment } from "../embedded/device-engine";
import { DeviceException, type DeviceFailure, type DeviceFrame } from "../embedded/device-exception";
import { type Creation, ESP32_CREATION } from "./creation";
import { type Death, death, MachineDeath, UNHANDLED_EXCEPTION, XSException } from "./death";
import type { DebugWire } from "./debug-wire";
import { platformFunctions } from "./device-functions";
import {
  BOOT_MODULE,
  bootModule,
  FAULT_MODULE,
  faultModule,
  type ProviderDescription,
  platformModules,
} from "./device-modules";
import type { Engine } from "./engine";
import type { Machine, Reference } from "./machine";
import { type ModuleSource, TextModules } from "./modules";
import type { Root } from "./root";
import type { MachineStatistics } from "./statistics";
import { TIMER_MODULE } from "./timer-module";

/** A firmware as this engine takes it: ES modules under the specifiers of its manifest. */
export interface XSProgram {
  readonly name: string;
  readonly main: string;
  readonly modules: ReadonlyMap<string, XSProgramModule>;
  /** As the manifest has it; what it leaves out is the base manifest's. */
  readonly creation?: Partial<Omit<Creation, "keys">> & { readonly keys?: Creation["keys"] };
}

export interface XSProgramModule {
  readonly source: ModuleSource;
  readonly isPreloaded: boolean;
}

export interface LinkOptions {
  readonly config: Readonly<Record<string, unknown>>;
  readonly provider: ProviderDescription;
  /** False: nothing of the firmware is preloaded. */
  readonly frozen: boolean;
}

/** What would be flashed, and how large its machine is. */
export interface LinkedFirmware {
  readonly name: string;
  readonly root: Root;
  readonly creation: Creation;
}

/** Firmwares linked lately; the settings of a device are part of what is flashed. */
const linked = new WeakMap<XSProgram, Map<string, Root>>();
const KEPT_ROOTS = 8;

/**
 * Does what compiler and linker of the SDK do: compiles the modules of firmware and platform, evaluates those that are
 * preloaded, and freezes them.
 * @throws {Error} if a preloaded module cannot be evaluated: such a firmware would not link
 */
export function linkFirmware(engine: Engine, program: XSProgram, options: LinkOptions): LinkedFirmware {
  let roots = linked.get(program);
  if (!roots) {
    roots = new Map();
    linked.set(program, roots);
  }
  const { i2c, pin } = options.provider;
  const key = JSON.stringify([options.config, i2c, pin, options.frozen]);
  let root = roots.get(key);
  if (!root || root.trapped) {
    root = createRoot(engine, program, options);
    const [oldest] = roots.keys();
    if (oldest !== undefined && roots.size === KEPT_ROOTS) roots.delete(oldest);
    roots.set(key, root);
  }
  return { name: program.name, root, creation: boardCreation(program.creation) };
}

function createRoot(engine: Engine, program: XSProgram, { config, provider, frozen }: LinkOptions): Root {
  const platform = { timer: TIMER_MODULE, ...platformModules(provider, config), [FAULT_MODULE]: faultModule };
  const sources: Record<string, ModuleSource> = { ...platform, [BOOT_MODULE]: bootModule(program.main) };
  const preload = Object.keys(platform);
  for (const [specifier, { source, isPreloaded }] of program.modules) {
    sources[specifier] = source;
    if (isPreloaded && frozen) preload.push(specifier);
  }
  if (preload.includes(program.main)) preload.push(BOOT_MODULE);
  try {
    return engine.createRoot({ modules: new TextModules(sources), preload });
  } catch (error) {
    throw new Error(`firmware ${program.name} does not link: ${(error as Error).message}`, { cause: error });
  }
}

/** What an ESP32 has left for XS beside Wi-Fi, lwIP and the tasks of ESP-IDF, bytes. */
const MEMORY = 131_072;

/** With `static` 0 the heap grows on the board until the chip's memory is used up; here, too. */
function boardCreation(creation: XSProgram["creation"] = {}): Creation {
  const { chunk, heap, stack, keys } = ESP32_CREATION;
  const complete = { chunk, heap, stack, keys, ...creation };
  return { ...complete, static: complete.static || MEMORY };
}

/** As long as a watchdog of the chip would wait, roughly: the longest turn of our firmware takes a hundredth of it. */
const METER_LIMIT = 5_000_000;

export interface XSEngineOptions {
  readonly meterLimit?: number;
  readonly debug?: DebugWire;
}

/** Runs a firmware in one XS machine. */
export class XSEngine implements DeviceEngine {
  readonly #firmware: LinkedFirmware;
  readonly #environment: EngineEnvironment;
  readonly #options: XSEngineOptions;
  #machine: Machine | undefined;
  #boot: Reference | undefined;
  #onClosed: () => void = () => {};

  constructor(firmware: LinkedFirmware, environment: EngineEnvironment, options: XSEngineOptions = {}) {
    this.#firmware = firmware;
    this.#environment = environment;
    this.#options = options;
  }

  begin(): void {
    const { root, name, creation } = this.#firmware;
    const { time, random, onTrace, onFailure } = this.#environment;
    const { meterLimit = METER_LIMIT, debug } = this.#options;
    const machine = root.createMachine({
      name,
      creation,
      functions: {
        ...platformFunctions(this.#environment, root.instance),
        "Boot.closed": () => this.#onClosed(),
      },
      date: () => time.date(),
      random,
      meterLimit,
      onTrace,
      onDeath: (reason) => onFailure(new MachineDeath(name, reason)),
      ...(debug ? { debug } : {}),
    });
    this.#machine = machine;
    this.#turn(() => {
      this.#boot = machine.import(BOOT_MODULE);
      this.#run("start");
    });
  }

  close(onClosed: () => void): boolean {
    let canClose = false;
    this.#turn(() => {
      canClose = this.#boot?.invoke("canClose") === true;
      if (!canClose) return;
      this.#onClosed = onClosed;
      this.#run("close");
    });
    return canClose;
  }

  end(): void {
    this.#machine?.close();
  }

  describe(error: unknown): DeviceException {
    const { name } = this.#firmware;
    if (error instanceof MachineDeath) return new DeviceException(name, describeDeath(error.death));
    return new DeviceException(name, { description: String(error), frames: [], cause: error });
  }

  usage(): DeviceUsage | undefined {
    const { creation } = this.#firmware;
    return this.#machine && usageOf(this.#machine.statistics(), creation);
  }

  liveUsage(): DeviceUsage | undefined {
    const before = this.usage();
    if (!before || !this.#machine?.alive) return before;
    this.#turn(() => this.#machine?.collectGarbage());
    const { slots, chunkBytes } = this.#machine.statistics();
    // Nor does looking cost anything.
    return { ...before, slots, chunkBytes };
  }

  provoke(fault: DeviceFault): void {
    this.#turn(() => this.#machine?.import(FAULT_MODULE).invoke(fault));
  }

  #run(name: string): void {
    const method = this.#boot!.reference(name);
    method.run();
    method.release();
  }

  /** What a machine ends by has been told to `onFailure` when this returns. */
  #turn(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof XSException) this.#machine?.end(death(UNHANDLED_EXCEPTION, error.deviceStack));
      else if (!(error instanceof MachineDeath) || !this.#machine?.death) throw error;
    }
  }
}

function usageOf(statistics: MachineStatistics, { heap, chunk, stack }: Creation): DeviceUsage {
  const { slots, peakSlots, chunkBytes, peakChunkBytes, peakStack, keys, garbageCollections, work } =
    statistics;
  return {
    slots,
    peakSlots,
    heap: heap.initial,
    chunkBytes,
    peakChunkBytes,
    chunk: chunk.initial,
    peakStack,
    stack,
    keys,
    garbageCollections,
    work,
  };
}

/** `RangeError: no luck`, then the frames: ` at fail (device/home/light.ts:6)`. */
function describeDeath(reason: Death): DeviceFailure {
  const [thrown = "", ...lines] = (reason.detail ?? "").split("\n");
  const frames = lines.filter((line) => line.trim() !== "").map(frameOf);
  const isThrown = reason.code === UNHANDLED_EXCEPTION && thrown !== "";
  const description = isThrown ? `uncaught ${thrown}` : [reason.reason, thrown].filter(Boolean).join(": ");
  return { description, frames, cause: reason, reason: reason.reason };
}

function frameOf(text: string): DeviceFrame {
  const [, file, line] = /\(([^():]+):(\d+)\)$/.exec(text) ?? [];
  return { text, position: file === undefined ? undefined : { file, line: Number(line) } };
}
