import type { Clock } from "../clock/clock";

/** Moddable's `time` module ("class Time" in base/base.md of the SDK) over one device's clock. */
export interface TimeModule {
  /** Sets the device's date, in seconds since 1970. */
  set(seconds: number): void;
  /** Seconds east of UTC. */
  timezone: number;
  /** Daylight saving, seconds. */
  dst: number;
  /** A counter of milliseconds; a signed integer of 32 bits that rolls over, as on the chip. */
  readonly ticks: number;
  /** Milliseconds from `start` to `end` (default: now), right also across a roll-over. */
  delta(start: number, end?: number): number;
}

export interface DeviceTime {
  readonly module: TimeModule;
  /** What `Date.now()` says on the device. */
  date(): number;
}

/** @param isKnown - false: it counts from 1970 until the firmware sets it, as on a board that has just got its power; default true */
export function createTime(clock: Clock, isKnown = true): DeviceTime {
  let offset = isKnown ? 0 : -clock.date();
  let timezone = 0;
  let dst = 0;
  const module: TimeModule = {
    set(seconds) {
      offset = seconds * 1_000 - clock.date();
    },
    get timezone() {
      return timezone;
    },
    set timezone(seconds) {
      timezone = seconds;
    },
    get dst() {
      return dst;
    },
    set dst(seconds) {
      dst = seconds;
    },
    get ticks() {
      return Math.trunc(clock.now()) | 0;
    },
    delta: (start, end = module.ticks) => (end - start) | 0,
  };
  return { module: Object.freeze(module), date: () => clock.date() + offset };
}
