import { type Creation, ESP32_CREATION } from "../../host-sim/xs/creation";
import type { Death } from "../../host-sim/xs/death";
import { Engine } from "../../host-sim/xs/engine";
import type { Machine, MachineOptions } from "../../host-sim/xs/machine";
import { type ModuleSource, TextModules } from "../../host-sim/xs/modules";
import type { Root, RootOptions } from "../../host-sim/xs/root";

export const engine: Engine = await Engine.load();

/** Modules from text, all preloaded unless `preload` says which. */
export function rootOf(
  modules: Record<string, ModuleSource | string>,
  options: Partial<RootOptions> = {},
): Root {
  return engine.createRoot({ modules: new TextModules(modules), preload: Object.keys(modules), ...options });
}

export interface Watched {
  readonly machine: Machine;
  readonly deaths: Death[];
  readonly traces: string[];
}

/** A machine of ESP32 size whose end is recorded. */
export function watch(root: Root, name: string, options: Partial<MachineOptions> = {}): Watched {
  const deaths: Death[] = [];
  const traces: string[] = [];
  const machine = root.createMachine({
    name,
    creation: ESP32_CREATION,
    onDeath: (death) => deaths.push(death),
    onTrace: (text) => traces.push(text),
    ...options,
  });
  return { machine, deaths, traces };
}

export const STATIC_CREATION: Creation = {
  static: 16_384,
  chunk: { initial: 1_536, incremental: 512 },
  heap: { initial: 256, incremental: 64 },
  stack: 128,
  keys: { initial: 32, incremental: 32 },
};

/** What `work` throws. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
