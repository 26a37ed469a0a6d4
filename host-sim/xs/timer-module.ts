import type { Clock } from "../clock/clock";
import { createTimer, type SimulatedTimer } from "../embedded/timer";
import type { HostCall, HostFunctions, Machine } from "./machine";
import type { ModuleSource } from "./modules";
import { Reference } from "./reference";

/** Moddable's `timer` for machines: the class as programs see it, over host functions. */
export const TIMER_MODULE: ModuleSource = {
  native: true,
  source: `class Timer @ "Timer.destructor" {
	static set(callback, interval, repeat) @ "Timer.set";
	static repeat(callback, interval) @ "Timer.repeat";
	static schedule(timer, interval, repeat) @ "Timer.schedule";
	static clear(timer) @ "Timer.clear";
	static delay(milliseconds) @ "Timer.delay";
}
export default Timer;
`,
};

/** As on a board, a timer is rooted until it is cleared, and its callback gets it as parameter. */
interface LiveTimer {
  readonly timer: SimulatedTimer;
  readonly callback: Reference;
  repeat: number;
  reference: Reference | undefined;
}

export interface TimerFunctions {
  readonly functions: HostFunctions;
  /** Timers that would still fire. */
  readonly count: number;
  /** Cancels every timer, as a reset does: call it when the machine has ended. */
  clearAll(): void;
}

/** The timers of one machine. */
export function createTimerFunctions(clock: Clock): TimerFunctions {
  const module = createTimer(clock);
  const live = new Map<SimulatedTimer, LiveTimer>();

  function set(call: HostCall, interval: number, repeat: number): Reference {
    const [callback] = call.parameters;
    if (!(callback instanceof Reference && callback.callable))
      throw new TypeError("Timer callback is not a function");
    const { machine } = call;
    const timer = module.set((self) => fire(machine, self), interval, repeat);
    const entry: LiveTimer = { timer, callback, repeat, reference: undefined };
    entry.reference = machine.createHostObject(entry);
    live.set(timer, entry);
    return entry.reference;
  }

  function fire(machine: Machine, timer: SimulatedTimer): void {
    const entry = live.get(timer);
    if (!entry) return;
    machine.deliver(entry.callback, undefined, [entry.reference]);
    if (!machine.alive) clearAll();
    // A one-shot timer is dead once its callback has returned.
    else if (entry.repeat === 0 && live.has(timer)) forget(entry);
  }

  function forget(entry: LiveTimer): void {
    live.delete(entry.timer);
    entry.callback.release();
    entry.reference?.unbind();
    entry.reference?.release();
    entry.reference = undefined;
  }

  function timerOf(value: unknown): LiveTimer {
    const entry = value as LiveTimer | undefined;
    if (!entry || live.get(entry.timer) !== entry) throw new Error("invalid timer");
    return entry;
  }

  function clearAll(): void {
    module.clearAll();
    live.clear();
  }

  const functions: HostFunctions = {
    "Timer.set": (call) => set(call, number(call, 1), number(call, 2)),
    "Timer.repeat": (call) => set(call, number(call, 1), number(call, 1)),
    "Timer.schedule": ({ parameters: [timer, interval, repeat] }) => {
      const entry = timerOf(timer);
      module.schedule(entry.timer, optional(interval), optional(repeat));
      entry.repeat = interval === undefined ? Number.POSITIVE_INFINITY : Number(repeat ?? 0);
    },
    "Timer.clear": ({ parameters: [timer] }) => {
      if (timer === undefined || timer === null) return;
      const entry = timerOf(timer);
      module.clear(entry.timer);
      forget(entry);
    },
    "Timer.delay": (call) => module.delay(number(call, 0)),
  };
  return {
    functions,
    get count() {
      return live.size;
    },
    clearAll,
  };
}

function number(call: HostCall, index: number): number {
  return Number(call.parameters[index] ?? 0);
}

function optional(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}
