import type { Clock, ScheduledCallback } from "../clock/clock";

/** One timer of a simulated device; opaque to the firmware, as on the board. */
export interface SimulatedTimer {
  readonly isTimer: true;
}

type Callback = (timer: SimulatedTimer) => void;

interface TimerState extends SimulatedTimer {
  callback: Callback | undefined;
  repeat: number;
  scheduled: ScheduledCallback | undefined;
}

/** Moddable's `timer` module over one device's clock. See `base/base.md`, "class Timer", of the Moddable SDK. */
export interface TimerModule {
  set(callback: Callback, interval?: number, repeat?: number): SimulatedTimer;
  repeat(callback: Callback, interval: number): SimulatedTimer;
  schedule(timer: SimulatedTimer, interval?: number, repeat?: number): void;
  clear(timer: SimulatedTimer | undefined | null): void;
  /** Not simulated: a blocking wait on a desktop stops every device. Throws. */
  delay(milliseconds: number): void;
  /** Host only: cancels every timer, as a reset of the board does. */
  clearAll(): void;
}

/**
 * @param clock - the clock of the house
 * @param onException - receives what a callback throws; on a board that is an uncaught exception and ends the machine
 */
export function createTimer(clock: Clock, onException: (error: unknown) => void = rethrow): TimerModule {
  const live = new Set<TimerState>();

  function arm(state: TimerState, interval: number): void {
    clock.cancel(state.scheduled);
    state.scheduled = clock.schedule(() => fire(state), Math.max(0, interval));
  }

  function fire(state: TimerState): void {
    state.scheduled = undefined;
    if (state.repeat > 0) arm(state, state.repeat);
    try {
      state.callback?.(state);
    } catch (error) {
      onException(error);
    }
    // "If the repeat interval is zero when the timer's callback returns, the timer is automatically cleared."
    if (state.repeat === 0) clear(state);
  }

  function set(callback: Callback, interval = 0, repeat = 0): SimulatedTimer {
    if (typeof callback !== "function") throw new TypeError("Timer callback is not a function");
    const state: TimerState = {
      isTimer: true,
      callback,
      repeat,
      scheduled: undefined,
    };
    live.add(state);
    arm(state, interval);
    return state;
  }

  function schedule(timer: SimulatedTimer, interval?: number, repeat = 0): void {
    const state = timer as TimerState;
    if (!live.has(state)) throw new Error("invalid timer");
    if (interval === undefined) {
      clock.cancel(state.scheduled);
      state.scheduled = undefined;
      // Unscheduled counts as an infinite repeat, so the end of a running callback does not clear it.
      state.repeat = Number.POSITIVE_INFINITY;
      return;
    }
    state.repeat = repeat;
    arm(state, interval);
  }

  function clear(timer: SimulatedTimer | undefined | null): void {
    const state = timer as TimerState | undefined | null;
    if (!state || !live.delete(state)) return;
    clock.cancel(state.scheduled);
    state.callback = undefined;
  }

  return Object.freeze({
    set,
    schedule,
    clear,
    repeat: (callback: Callback, interval: number) => set(callback, interval, interval),
    delay(milliseconds: number): void {
      throw new Error(`Timer.delay(${milliseconds}) would block every simulated device`);
    },
    clearAll(): void {
      for (const state of [...live]) clear(state);
    },
  });
}

function rethrow(error: unknown): void {
  throw error;
}
