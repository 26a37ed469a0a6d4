import type { Board } from "../board/board";
import type { NetworkInterface } from "../network/network-interface";
import type { DeviceClock } from "./device-clock";
import type { DeviceException } from "./device-exception";
import type { Resources } from "./resource";
import type { DeviceTime } from "./time";

/** What an engine gets for one run of one device, from power-on to power-off. */
export interface EngineEnvironment {
  readonly board: Board;
  readonly network: NetworkInterface;
  readonly clock: DeviceClock;
  readonly time: DeviceTime;
  /** The manifest's `config` with the device's own settings over it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Files in the firmware's flash; default none. */
  readonly resources?: Resources | undefined;
  /** Of the device's `Math.random`. */
  readonly random: () => number;
  readonly onTrace: (text: string) => void;
  /** The firmware has failed: what it threw, or why its machine ended. The engine will be ended. */
  readonly onFailure: (error: unknown) => void;
}

/** Runs a firmware once. What it throws goes up, or to `onFailure` where there is nobody above. */
export interface DeviceEngine {
  /** Calls the default export of the firmware's main module. */
  begin(): void;
  /**
   * Asks the firmware to close.
   * @param onClosed - called when it has
   * @returns whether it can be asked
   */
  close(onClosed: () => void): boolean;
  /** Power is off: nothing of the firmware runs any more. */
  end(): void;
  /** A failure in the words of the firmware's sources. */
  describe(error: unknown): DeviceException;
  /** What the machine has used; `undefined` in an engine that does not count as the chip does. Readable after the end. */
  usage(): DeviceUsage | undefined;
  /** What it uses without its garbage: it is collected first. */
  liveUsage(): DeviceUsage | undefined;
  /** Makes the firmware's machine get into trouble, where the engine can. */
  provoke(fault: DeviceFault): void;
}

/** Figures of one XS machine. A slot has 16 bytes, as on ESP32. */
export interface DeviceUsage {
  /** Slots in use, garbage included. */
  readonly slots: number;
  readonly peakSlots: number;
  /** Slots of the manifest's `creation.heap.initial`. */
  readonly heap: number;
  /** Bytes of chunks in use, garbage included. */
  readonly chunkBytes: number;
  readonly peakChunkBytes: number;
  /** Bytes of `creation.chunk.initial`. */
  readonly chunk: number;
  /** Slots of the JavaScript stack at its deepest. */
  readonly peakStack: number;
  /** Slots of `creation.stack`. */
  readonly stack: number;
  /** Names added since preload. */
  readonly keys: number;
  readonly garbageCollections: number;
  /** Metered work: bytecodes run, and what built-ins add. */
  readonly work: number;
}

/** Each ends the machine, as on the chip: the heap overflows, the stack does, or a turn never ends. */
export type DeviceFault = "heap" | "stack" | "loop";

export const DEVICE_FAULTS: readonly DeviceFault[] = Object.freeze(["heap", "stack", "loop"]);
