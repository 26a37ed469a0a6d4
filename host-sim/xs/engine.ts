import { readFile } from "node:fs/promises";
import { type BuildOptions, buildEngine } from "./build";
import { Root, type RootOptions } from "./root";
import { type WebAssemblyModule, webAssembly } from "./web-assembly";

/**
 * Moddable's XS with 16-byte slots, as on ESP32, compiled to WebAssembly on this machine.
 *
 * ```ts
 * const engine = await Engine.load();
 * const root = engine.createRoot({ modules: new FileModules("."), preload: ["device/mqtt/topic"] });
 * const machine = root.createMachine({ name: "light", creation: ESP32_CREATION });
 * const topic = machine.import("device/mqtt/topic");
 * topic.get("matches").call(undefined, ["home/+", "home/light"]); // true
 * ```
 */
export class Engine {
  static #loading: Promise<Engine> | undefined;
  readonly #module: WebAssemblyModule;

  private constructor(module: WebAssemblyModule) {
    this.#module = module;
  }

  /** Compiles the engine if this machine has none yet (about a minute, once), then loads it: once a process. */
  static load(options: BuildOptions = {}): Promise<Engine> {
    Engine.#loading ??= Engine.#load(options).catch((error: unknown) => {
      Engine.#loading = undefined;
      throw error;
    });
    return Engine.#loading;
  }

  static async #load(options: BuildOptions): Promise<Engine> {
    return new Engine(await webAssembly.compile(await readFile(await buildEngine(options))));
  }

  /** A firmware: preloaded modules in read-only memory. Roots share nothing with each other. */
  createRoot(options: RootOptions): Root {
    return new Root(this.#module, options);
  }
}
