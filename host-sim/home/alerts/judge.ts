import type { AlertBook } from "./alert-book";
import { formatMinute, isQuiet, WallClockReader } from "./quiet-hours";
import type { AlertKind, DeviceState } from "./record";
import type { Rules } from "./rules";

/** Deliveries that may wait at a time. More is a flood, not news: 4 h of an alert a second to ten phones. */
export const MAXIMUM_WAITING = 150_000;

export interface Candidate {
  readonly kind: AlertKind;
  readonly device: string;
  /** ms since 1970. */
  readonly time: number;
}

/** What a temperature does to its device. */
export interface TemperatureVerdict {
  readonly outside: DeviceState["outside"];
  /** It has just left the band, on this side. */
  readonly left: "low" | "high" | undefined;
}

/** Applies the rules. Pure: what it says depends on the rules, the book and the time it is given. */
export class Judge {
  readonly #rules: Rules;
  readonly #book: AlertBook;
  readonly #wallClock: WallClockReader;

  constructor(rules: Rules, book: AlertBook) {
    this.#rules = rules;
    this.#book = book;
    this.#wallClock = new WallClockReader(rules.timeZone);
  }

  /** Whether anybody wants to know of this at all. */
  watches(kind: "motion" | "offline" | "temperature", device: string): boolean {
    const rule = this.#rules[kind];
    return rule !== undefined && (rule.devices?.includes(device) ?? true);
  }

  /** @returns the rule that keeps it from being sent, for people; `undefined`: send it */
  suppression({ kind, device, time }: Candidate): string | undefined {
    if (kind === "test") return undefined;
    const wallClock = this.#wallClock.read(time);
    for (const hours of this.#rules.quietHours)
      if (isQuiet(hours, kind, device, wallClock))
        return `quiet hours ${formatMinute(hours.from)}-${formatMinute(hours.to)}`;
    if (kind === "motion") {
      const { coolDown } = this.#rules.motion;
      const last = this.#book.lastRaised(kind, device);
      // A clock that was set back leaves `last` in the future: no reason to be silent until then.
      if (last !== undefined && time >= last && time - last < coolDown)
        return `cool-down ${describeDuration(coolDown)}`;
    }
    if (this.#book.waiting >= MAXIMUM_WAITING)
      return `flood: ${this.#book.waiting.toLocaleString("en")} wait already`;
    return undefined;
  }

  /** ms for which a device must be offline. */
  get offlineAfter(): number {
    return this.#rules.offline?.after ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Leaving the band is told once on each side; it can be told again when the temperature has been inside by the hysteresis.
   * @param celsius - a finite number
   */
  temperature({ outside }: DeviceState, celsius: number): TemperatureVerdict {
    const { minimum = -Infinity, maximum = Infinity, hysteresis = 0 } = this.#rules.temperature ?? {};
    if (celsius < minimum) return { outside: "low", left: outside === "low" ? undefined : "low" };
    if (celsius > maximum) return { outside: "high", left: outside === "high" ? undefined : "high" };
    const lingers =
      (outside === "low" && celsius < minimum + hysteresis) ||
      (outside === "high" && celsius > maximum - hysteresis);
    return { outside: lingers ? outside : undefined, left: undefined };
  }
}

/** `90 s`, `5 min`, `24 h` */
export function describeDuration(milliseconds: number): string {
  if (milliseconds % 3_600_000 === 0 && milliseconds > 0) return `${milliseconds / 3_600_000} h`;
  if (milliseconds % 60_000 === 0 && milliseconds > 0) return `${milliseconds / 60_000} min`;
  return `${milliseconds / 1_000} s`;
}
