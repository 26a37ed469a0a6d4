import { transformSync } from "esbuild";
import type { Creation } from "../../host-sim/xs/creation";
import type { Engine } from "../../host-sim/xs/engine";
import { combineModules, FileModules, type ModuleLoader, TextModules } from "../../host-sim/xs/modules";
import type { Root } from "../../host-sim/xs/root";
import { TIMER_MODULE } from "../../host-sim/xs/timer-module";

/** TypeScript in place of a file, by the name of its module: how the sources would do with a change. */
export type Patches = Readonly<Record<string, string>>;

/** The modules of the repository below `directory`. */
export function sources(directory: string, patches: Patches = {}): ModuleLoader {
  const patched = Object.entries(patches).map(([name, text]) => [
    name,
    transformSync(text, { loader: "ts", format: "esm", target: "es2022" }).code,
  ]);
  const texts = new TextModules({ timer: TIMER_MODULE, ...Object.fromEntries(patched) });
  return combineModules(texts, new FileModules(directory));
}

/** Where the scenarios are. */
export const SCENES = "test/budget/machine";

/** One scenario as it would be flashed: preloaded, and compiled as for release. */
export function link(engine: Engine, modules: ModuleLoader, scene: string): Root {
  return engine.createRoot({ modules, preload: [`${SCENES}/${scene}`], lines: false });
}

/** So large that nothing is collected while something is measured. */
export const ROOMY: Creation = {
  chunk: { initial: 262_144, incremental: 65_536 },
  heap: { initial: 16_384, incremental: 1_024 },
  stack: 384,
  keys: { initial: 32, incremental: 32 },
};

/** A machine of one arena: stack, slots and chunks take of it what they need, in small steps. @param stack - slots */
export function arenaOf(byteLength: number, stack: number = 384): Creation {
  return {
    static: byteLength,
    chunk: { initial: 256, incremental: 64 },
    heap: { initial: 16, incremental: 4 },
    stack,
    keys: { initial: 32, incremental: 32 },
  };
}
