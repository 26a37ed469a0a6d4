import type { AlertKind } from "./record";
import { DAY_NAMES, type Day, type QuietHours } from "./rules";

const MINUTES_OF_DAY = 24 * 60;

/** A moment as the wall clock of a time zone shows it. */
interface WallClock {
  /** 0 is Sunday. */
  readonly day: number;
  /** Since midnight, 0 to 1,439. */
  readonly minute: number;
}

/** Reads the wall clock of one time zone; daylight saving time is the zone's affair. */
export class WallClockReader {
  readonly #format: Intl.DateTimeFormat;

  /** @param timeZone - IANA's name; default that of this machine */
  constructor(timeZone: string | undefined) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      ...(timeZone === undefined ? {} : { timeZone }),
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }

  /** @param date - ms since 1970 */
  read(date: number): WallClock {
    const parts = new Map(this.#format.formatToParts(date).map(({ type, value }) => [type, value]));
    const day = DAY_NAMES.indexOf(parts.get("weekday")?.toLowerCase() as Day);
    return { day, minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")) };
  }
}

/**
 * Whether it is quiet at that moment. `to` is the first minute that is not; hours over midnight belong to the day on which they
 * begin; `from` equal to `to` is the whole day.
 */
export function isQuiet(
  hours: QuietHours,
  kind: AlertKind,
  device: string,
  { day, minute }: WallClock,
): boolean {
  const { from, to, days, kinds, devices } = hours;
  if (!kinds.includes(kind) || (devices && !devices.includes(device))) return false;
  const length = (to - from + MINUTES_OF_DAY) % MINUTES_OF_DAY || MINUTES_OF_DAY;
  const since = (minute - from + MINUTES_OF_DAY) % MINUTES_OF_DAY;
  if (since >= length) return false;
  const began = minute >= from ? day : (day + 6) % 7;
  return days === undefined || days.includes(DAY_NAMES[began]!);
}

/** `22:00` */
export function formatMinute(minute: number): string {
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}
