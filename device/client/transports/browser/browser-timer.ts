/*
 * Moddable's `timer` module ("class Timer" in base/base.md of the SDK) for browsers, which have none: whoever bundles a page
 * replaces `timer` by this file (esbuild: `alias: { timer: "device/client/transports/browser/browser-timer.ts" }`). Never part of a firmware.
 */

type Callback = (timer: BrowserTimer) => void;

interface TimeoutHost {
  setTimeout(callback: () => void, delay: number): unknown;
  clearTimeout(timeout: unknown): void;
}

/** One timer; opaque to its owner. */
class BrowserTimer {
  callback: Callback | undefined;
  /** ms; 0 for a timer that is over after its callback. */
  interval: number;
  timeout: unknown;

  constructor(callback: Callback) {
    this.callback = callback;
    this.interval = 0;
    this.timeout = undefined;
  }
}

export type { BrowserTimer };

function host(): TimeoutHost {
  return globalThis as unknown as TimeoutHost;
}

function arm(timer: BrowserTimer, delay: number): void {
  host().clearTimeout(timer.timeout);
  timer.timeout = host().setTimeout(() => fire(timer), delay);
}

function fire(timer: BrowserTimer): void {
  const { callback } = timer;
  if (timer.interval > 0) arm(timer, timer.interval);
  try {
    callback?.(timer);
  } finally {
    if (timer.interval === 0) clear(timer);
  }
}

/** Calls `callback` after `delay` ms, and then every `interval` ms unless that is 0. */
function set(callback: Callback, delay: number = 0, interval: number = 0): BrowserTimer {
  const timer = new BrowserTimer(callback);
  timer.interval = interval;
  arm(timer, delay);
  return timer;
}

function repeat(callback: Callback, interval: number): BrowserTimer {
  return set(callback, interval, interval);
}

/** @throws {Error} for a timer that is over. Without a delay the timer rests until it is scheduled again. */
function schedule(timer: BrowserTimer, delay?: number, interval: number = 0): void {
  if (!timer.callback) throw new Error("invalid timer");
  if (delay === undefined) {
    host().clearTimeout(timer.timeout);
    timer.interval = Number.POSITIVE_INFINITY;
  } else {
    timer.interval = interval;
    arm(timer, delay);
  }
}

function clear(timer: BrowserTimer | undefined | null): void {
  if (!timer) return;
  host().clearTimeout(timer.timeout);
  timer.callback = undefined;
}

const Timer: Readonly<{
  set: typeof set;
  repeat: typeof repeat;
  schedule: typeof schedule;
  clear: typeof clear;
}> = Object.freeze({ set, repeat, schedule, clear });

export default Timer;
