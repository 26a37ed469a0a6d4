import type { Board } from "./board/board";
import type { Clock, ScheduledCallback } from "./clock/clock";
import { DeviceClock } from "./embedded/device-clock";
import type { DeviceEngine, DeviceFault, DeviceUsage, EngineEnvironment } from "./embedded/device-engine";
import type { DeviceException } from "./embedded/device-exception";
import { providedSpecifiers } from "./embedded/index";
import { NodeEngine } from "./embedded/node-engine";
import type { Resources } from "./embedded/resource";
import { resolveSpecifier } from "./embedded/specifier";
import { createTime } from "./embedded/time";
import { type Firmware, loadFirmware } from "./firmware";
import type { NetworkInterface } from "./network/network-interface";
import { DebugSocket, type DebugSocketOptions } from "./xs/debug-socket";
import type { DebugWire } from "./xs/debug-wire";
import { linkFirmware, XSEngine } from "./xs/device-engine";
import { Engine } from "./xs/engine";

/** `node`: a realm of Node's engine. `xs`: Moddable's engine in a machine of the chip's size. */
export type EngineName = "node" | "xs";

export const ENGINE_NAMES: readonly EngineName[] = Object.freeze(["node", "xs"]);

export interface DeviceProcessOptions {
  /** `thermometer`, `light`, `camera`, or one compiled by the caller. */
  readonly firmware: string | Firmware;
  readonly board: Board;
  readonly network: NetworkInterface;
  readonly clock: Clock;
  /** Default `node`. */
  readonly engine?: EngineName;
  /** Overrides the manifest's `config`, as `key=value` does on the command line of `mcconfig`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Files in its flash, by name: what the manifest's `resources` would be; default none. */
  readonly resources?: Resources;
  /** False: its date counts from 1970 until the firmware sets it, as after power-on without a battery; default true. */
  readonly isDateKnown?: boolean;
  /** Seeded source of the device's `Math.random`; default the host's. */
  readonly random?: () => number;
  /** Freezes preloaded modules after they have been evaluated, as on the chip; default true. */
  readonly frozen?: boolean;
  /** From a failure to the next start, ms, as a board resets itself; default: the device stays off. */
  readonly restartDelay?: number;
  /** XS: work allowed in one turn; a firmware that needs more dies. Default 5,000,000. */
  readonly meterLimit?: number;
  /** XS: a wire to an xsbug for each machine; default none. */
  readonly debug?: () => DebugWire;
  /** The same over TCP. While the machine is stopped, this thread is. */
  readonly xsbug?: DebugSocketOptions;
  readonly onTrace?: (text: string) => void;
  /** Called once when the firmware fails; the device has ended by then. Default: the exception is thrown on. */
  readonly onException?: (exception: DeviceException) => void;
}

/** How long a clean stop waits for the firmware, and then for its connections to close, ms. */
const CLOSE_TIMEOUT = 5_000;
const FLUSH_TIMEOUT = 1_000;
const FLUSH_INTERVAL = 10;

export type DeviceState = "off" | "starting" | "running" | "failed";

/** A firmware ready to be run, again and again. */
interface LoadedFirmware {
  /** The manifest's, with the device's own settings over it. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly createEngine: (environment: EngineEnvironment) => DeviceEngine;
}

/**
 * Makes an engine ready to run firmware: XS is compiled, once for this machine.
 * @param progress - a line for each step; default: standard error
 */
export async function prepareEngine(engine: EngineName, progress?: (text: string) => void): Promise<void> {
  if (engine === "xs") await Engine.load(progress ? { progress } : {});
}

/** One simulated device: a board, a network interface and an engine of its own that runs a firmware. */
export class DeviceProcess {
  readonly #options: DeviceProcessOptions;
  #run: Run | undefined;
  #state: DeviceState = "off";
  #restart: ScheduledCallback | undefined;
  #restarts = 0;
  /** Of the runs that are over. */
  #past: DeviceUsage | undefined;

  constructor(options: DeviceProcessOptions) {
    this.#options = options;
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** How often the board has reset itself after a failure. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Powers the board and calls the default export of the firmware's main module. What the firmware throws while it
   * starts goes to `onException`, as later.
   * @throws {Error} if the device runs already, if the firmware does not compile or link, or if it imports what its
   * manifest lacks
   */
  async start(): Promise<void> {
    if (this.#state === "starting" || this.#state === "running") throw new Error("the device runs already");
    this.#cancelRestart();
    this.#state = "starting";
    let firmware: LoadedFirmware;
    try {
      firmware = await this.#load();
    } catch (error) {
      this.#state = "off";
      throw error;
    }
    // `kill` may have come meanwhile.
    if (this.#state === "starting") this.#boot(firmware);
  }

  /** Asks the firmware to close, waits until it has (5 s at most), and resets the board. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (this.#state === "running" && run) await run.close();
    if (this.#run === run) this.kill();
  }

  /** Power loss, at once: nothing more is sent, pins float, and peers find half-open connections. */
  kill(): void {
    this.#cancelRestart();
    this.#endRun();
    this.#state = "off";
  }

  /**
   * What the firmware's machine uses: slots, chunks and keys of the present run, or of the last; the peaks of all runs,
   * collections and work of all together. `undefined` in Node's engine, and before the first start.
   * @param options.live - collects garbage first; default false
   */
  usage(options: { readonly live?: boolean } = {}): DeviceUsage | undefined {
    const now = options.live ? this.#run?.liveUsage() : this.#run?.usage();
    return now && this.#past ? addPast(now, this.#past) : (now ?? this.#past);
  }

  /** Brings the machine of a running firmware to one of its limits. @throws {Error} in Node's engine */
  provoke(fault: DeviceFault): void {
    this.#run?.provoke(fault);
  }

  async #load(): Promise<LoadedFirmware> {
    const {
      firmware: wanted,
      engine = "node",
      frozen = true,
      board,
      meterLimit,
      debug,
      xsbug,
    } = this.#options;
    const firmware = typeof wanted === "string" ? await loadFirmware(wanted) : wanted;
    checkImports(firmware);
    const config = { ...firmware.config, ...this.#options.config };
    if (engine === "node")
      return { config, createEngine: (environment) => new NodeEngine(firmware, environment, frozen) };
    const xs = await Engine.load();
    const link = () => linkFirmware(xs, firmware, { config, provider: board.description, frozen });
    link();
    return {
      config,
      createEngine: (environment) =>
        new XSEngine(link(), environment, {
          ...(meterLimit === undefined ? {} : { meterLimit }),
          ...(debug ? { debug: debug() } : {}),
          ...(xsbug ? { debug: new DebugSocket(xsbug) } : {}),
        }),
    };
  }

  #boot(firmware: LoadedFirmware): void {
    this.#state = "running";
    const run = new Run(firmware, this.#options, (exception) => this.#failed(run, exception, firmware));
    this.#run = run;
    run.begin();
  }

  #failed(run: Run, exception: DeviceException, firmware: LoadedFirmware): void {
    if (this.#run !== run) return;
    this.#endRun();
    this.#state = "failed";
    const { clock, restartDelay, onException } = this.#options;
    if (restartDelay !== undefined)
      this.#restart = clock.schedule(() => {
        this.#restart = undefined;
        this.#restarts += 1;
        this.#boot(firmware);
      }, restartDelay);
    if (!onException) throw exception;
    onException(exception);
  }

  #endRun(): void {
    const run = this.#run;
    if (!run) return;
    const usage = this.usage();
    run.end();
    this.#run = undefined;
    this.#past = usage;
  }

  #cancelRestart(): void {
    this.#options.clock.cancel(this.#restart);
    this.#restart = undefined;
  }
}

function addPast(now: DeviceUsage, past: DeviceUsage): DeviceUsage {
  return {
    ...now,
    peakSlots: Math.max(now.peakSlots, past.peakSlots),
    peakChunkBytes: Math.max(now.peakChunkBytes, past.peakChunkBytes),
    peakStack: Math.max(now.peakStack, past.peakStack),
    garbageCollections: now.garbageCollections + past.garbageCollections,
    work: now.work + past.work,
  };
}

/** From power-on to power-off. */
class Run {
  readonly #options: DeviceProcessOptions;
  readonly #onFailure: (exception: DeviceException) => void;
  readonly #clock: DeviceClock;
  readonly #engine: DeviceEngine;
  #onEnd: () => void = () => {};
  #hasEnded = false;

  constructor(
    firmware: LoadedFirmware,
    options: DeviceProcessOptions,
    onFailure: (exception: DeviceException) => void,
  ) {
    const { board, network } = options;
    this.#options = options;
    this.#onFailure = onFailure;
    this.#clock = new DeviceClock(options.clock, (error) => this.fail(error));
    board.onException = (error) => this.fail(error);
    network.powerOn();
    this.#engine = firmware.createEngine({
      board,
      network,
      clock: this.#clock,
      time: createTime(this.#clock, options.isDateKnown),
      config: firmware.config,
      resources: options.resources,
      random: options.random ?? Math.random,
      onTrace: (text) => options.onTrace?.(text),
      onFailure: (error) => this.fail(error),
    });
  }

  begin(): void {
    this.#clock.run(() => this.#engine.begin());
  }

  /** The firmware's own clean end. */
  async close(): Promise<void> {
    const { clock, network } = this.#options;
    const isClosing = await new Promise<boolean>((resolve) => {
      const timeout = clock.schedule(() => resolve(true), CLOSE_TIMEOUT);
      this.#onEnd = () => finish(true);
      function finish(wasAsked: boolean): void {
        clock.cancel(timeout);
        resolve(wasAsked);
      }
      this.#clock.run(() => {
        if (!this.#engine.close(() => this.#onEnd())) finish(false);
      });
    });
    if (!isClosing) return;
    for (let waited = 0; network.connectionCount > 0 && waited < FLUSH_TIMEOUT; waited += FLUSH_INTERVAL)
      await new Promise<void>((resolve) => clock.schedule(resolve, FLUSH_INTERVAL));
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#engine.end();
    this.#clock.end();
    this.#options.network.powerOff();
    this.#options.board.reset();
    this.#onEnd();
  }

  fail(error: unknown): void {
    if (!this.#hasEnded) this.#onFailure(this.#engine.describe(error));
  }

  usage(): DeviceUsage | undefined {
    return this.#engine.usage();
  }

  liveUsage(): DeviceUsage | undefined {
    return this.#engine.liveUsage();
  }

  provoke(fault: DeviceFault): void {
    this.#clock.run(() => this.#engine.provoke(fault));
  }
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
