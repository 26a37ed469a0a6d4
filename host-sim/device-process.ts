import type { Board } from "./board/board";
import type { Clock } from "./clock/clock";
import { DeviceClock } from "./embedded/device-clock";
import { DeviceException, scriptName } from "./embedded/device-exception";
import { DeviceRealm } from "./embedded/device-realm";
import { createEmbedded, type ModuleNamespace, providedSpecifiers } from "./embedded/index";
import { createTime } from "./embedded/time";
import { type Firmware, type FirmwareModule, loadFirmware } from "./firmware";
import type { NetworkInterface } from "./network/network-interface";

export interface DeviceProcessOptions {
  /** `thermometer`, `light`, `camera`, or one compiled by the caller. */
  readonly firmware: string | Firmware;
  readonly board: Board;
  readonly network: NetworkInterface;
  readonly clock: Clock;
  /** Overrides the manifest's `config`, as `key=value` does on the command line of `mcconfig`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Seeded source of the device's `Math.random`; default the host's. */
  readonly random?: () => number;
  /** Freezes preloaded modules after they have been evaluated, as on the chip; default true. */
  readonly frozen?: boolean;
  readonly onTrace?: (text: string) => void;
  /** Called once when the firmware fails; the device has ended by then. Default: the exception is thrown on. */
  readonly onException?: (exception: DeviceException) => void;
}

/** How long a clean stop waits for the firmware, and then for its connections to close, ms. */
const CLOSE_TIMEOUT = 5_000;
const FLUSH_TIMEOUT = 1_000;
const FLUSH_INTERVAL = 10;

export type DeviceState = "off" | "starting" | "running" | "failed";

/** One simulated device: a board, a network interface and a JavaScript world of its own that runs a firmware. */
export class DeviceProcess {
  readonly #options: DeviceProcessOptions;
  #run: Run | undefined;
  #state: DeviceState = "off";

  constructor(options: DeviceProcessOptions) {
    this.#options = options;
  }

  get state(): DeviceState {
    return this.#state;
  }

  /**
   * Powers the board and calls the default export of the firmware's main module. What the firmware throws while it
   * starts goes to `onException`, as later.
   * @throws {Error} if the device runs already, if the firmware does not compile, or if it imports what its manifest lacks
   */
  async start(): Promise<void> {
    if (this.#state === "starting" || this.#state === "running") throw new Error("the device runs already");
    this.#state = "starting";
    let firmware: Firmware;
    try {
      const wanted = this.#options.firmware;
      firmware = typeof wanted === "string" ? await loadFirmware(wanted) : wanted;
      checkImports(firmware);
    } catch (error) {
      this.#state = "off";
      throw error;
    }
    // `kill` may have come meanwhile.
    if (this.#state !== "starting") return;
    this.#state = "running";
    const run = new Run(firmware, this.#options, (exception) => this.#failed(run, exception));
    this.#run = run;
    run.begin();
  }

  /** Asks the firmware to close, waits until it has (5 s at most), and resets the board. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (this.#state === "running" && run) await run.close();
    if (this.#run === run) this.kill();
  }

  /** Power loss, at once: nothing more is sent, pins float, and peers find half-open connections. */
  kill(): void {
    this.#run?.end();
    this.#run = undefined;
    this.#state = "off";
  }

  #failed(run: Run, exception: DeviceException): void {
    if (this.#run !== run) return;
    run.end();
    this.#run = undefined;
    this.#state = "failed";
    if (!this.#options.onException) throw exception;
    this.#options.onException(exception);
  }
}

/** From power-on to power-off. */
class Run {
  readonly #firmware: Firmware;
  readonly #options: DeviceProcessOptions;
  readonly #onFailure: (exception: DeviceException) => void;
  readonly #clock: DeviceClock;
  readonly #realm: DeviceRealm;
  readonly #modules = new Map<string, { exports: object }>();
  readonly #platform: (specifier: string) => ModuleNamespace | undefined;
  #application: { close?: (callback?: () => void) => void } | undefined;
  #onEnd: () => void = () => {};
  #hasEnded = false;

  constructor(
    firmware: Firmware,
    options: DeviceProcessOptions,
    onFailure: (exception: DeviceException) => void,
  ) {
    const { board, network } = options;
    this.#firmware = firmware;
    this.#options = options;
    this.#onFailure = onFailure;
    this.#clock = new DeviceClock(options.clock, (error) => this.fail(error));
    const time = createTime(this.#clock);
    this.#realm = new DeviceRealm({
      date: () => time.date(),
      random: options.random ?? Math.random,
      trace: (text) => options.onTrace?.(text),
    });
    board.realm = this.#realm.realm;
    board.onException = (error) => this.fail(error);
    network.powerOn();
    this.#platform = createEmbedded({
      board,
      network,
      clock: this.#clock,
      config: this.#realm.copyFrozen({ ...firmware.config, ...options.config }),
      realm: this.#realm.realm,
      time,
    });
  }

  begin(): void {
    rejections.add(this);
    this.#clock.run(() => {
      const main = this.#evaluate(this.#firmware.main) as { default?: unknown };
      if (typeof main.default === "function") this.#application = main.default();
    });
  }

  /** The firmware's own clean end. */
  async close(): Promise<void> {
    const { clock, network } = this.#options;
    const application = this.#application;
    const close = application?.close;
    if (!application || typeof close !== "function") return;
    await new Promise<void>((resolve) => {
      const timeout = clock.schedule(resolve, CLOSE_TIMEOUT);
      this.#onEnd = () => {
        clock.cancel(timeout);
        resolve();
      };
      this.#clock.run(() => close.call(application, () => this.#onEnd()));
    });
    for (let waited = 0; network.connectionCount > 0 && waited < FLUSH_TIMEOUT; waited += FLUSH_INTERVAL)
      await new Promise<void>((resolve) => clock.schedule(resolve, FLUSH_INTERVAL));
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    rejections.delete(this);
    this.#clock.end();
    this.#options.network.powerOff();
    this.#options.board.reset();
    this.#onEnd();
  }

  fail(error: unknown): void {
    if (this.#hasEnded) return;
    const codeOf = (file: string) =>
      [...this.#firmware.modules.values()].find((module) => module.file === file)?.code;
    this.#onFailure(new DeviceException(this.#firmware.name, error, codeOf));
  }

  owns(promise: unknown): boolean {
    return this.#realm.owns(promise);
  }

  #require(from: string, specifier: string): object {
    const name = resolveSpecifier(from, specifier);
    return this.#firmware.modules.has(name) ? this.#evaluate(name) : (this.#platform(name) as object);
  }

  #evaluate(name: string): object {
    const known = this.#modules.get(name);
    if (known) return known.exports;
    const source = this.#firmware.modules.get(name)!;
    const module: { exports: object; topLevel?: () => unknown[] } = { exports: {} };
    this.#modules.set(name, module);
    const evaluate = this.#realm.compile(
      source.code + reveal(source),
      scriptName(this.#firmware.name, source.file),
    );
    evaluate(module.exports, (specifier) => this.#require(name, specifier), module);
    if (source.isPreloaded && this.#options.frozen !== false) {
      for (const value of module.topLevel?.() ?? []) this.#realm.petrify(value);
      for (const value of Object.values(module.exports)) this.#realm.petrify(value);
    }
    return module.exports;
  }
}

/** Lets the simulator reach what a module does not export, to freeze it. */
function reveal(source: FirmwareModule): string {
  return `\nmodule.topLevel = () => [${source.topLevelNames.join(", ")}];`;
}

/** A relative import counts from the importing module's specifier, as on the chip. */
function resolveSpecifier(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** What `mcconfig` does at build time: every import leads to a module of the manifest or of the platform. */
function checkImports(firmware: Firmware): void {
  if (!firmware.modules.has(firmware.main))
    throw new Error(`firmware ${firmware.name}: main module ${firmware.main} is not in its manifest`);
  for (const module of firmware.modules.values())
    for (const [, specifier] of module.code.matchAll(/\brequire\("([^"]+)"\)/g)) {
      const name = resolveSpecifier(module.specifier, specifier!);
      if (firmware.modules.has(name)) continue;
      if (firmware.platformSpecifiers && !firmware.platformSpecifiers.has(name))
        throw new Error(
          `firmware ${firmware.name}: ${module.file} imports ${name}, which is not in its manifest`,
        );
      if (!providedSpecifiers.has(name))
        throw new Error(`firmware ${firmware.name}: ${module.file} imports ${name}, which is not simulated`);
    }
}

/** Devices that run, for promises that nobody handles. */
const rejections = {
  runs: new Set<Run>(),
  add(run: Run): void {
    if (this.runs.size === 0) process.on("unhandledRejection", onUnhandledRejection);
    this.runs.add(run);
  },
  delete(run: Run): void {
    if (this.runs.delete(run) && this.runs.size === 0)
      process.off("unhandledRejection", onUnhandledRejection);
  },
};

function onUnhandledRejection(reason: unknown, promise: Promise<unknown>): void {
  for (const run of rejections.runs)
    if (run.owns(promise)) {
      run.fail(reason);
      return;
    }
  // Not a device's: end the simulator, as Node does without this listener.
  throw reason;
}
