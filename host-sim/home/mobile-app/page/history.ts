import type { Motion } from "./motion";
import { addReading, type Point, WINDOW } from "./series";

/** Of the trends: every reading, as `device,time,temperature`. */
const READINGS_ADDRESS = "trends/api/export.csv";
/** Of the alerts: what was raised, and what rules kept quiet. */
const ALERTS_ADDRESS = "alerts/api/alerts?limit=50";
/** As the alerts call the one camera of a home. */
const ONLY_CAMERA = "camera";
/** The phone and the alerts hear of the same motion within, ms. */
const SAME_MOTION = 10_000;
/** As the trends call the one thermometer of a home. */
const ONLY_SENSOR = "temperature-sensor";

/** What was measured while nobody looked: readings by topic, oldest first. */
export type History = ReadonlyMap<string, readonly Point[]>;

/** @returns the readings of the chart's time; none where the trends do not answer */
export async function fetchHistory(now: number): Promise<History> {
  const from = `${new Date(now - WINDOW).toISOString().slice(0, 19)}Z`;
  try {
    const response = await fetch(`${READINGS_ADDRESS}?table=readings&from=${from}`);
    return response.ok ? parseHistory(await response.text()) : new Map();
  } catch {
    return new Map();
  }
}

export function parseHistory(text: string): History {
  const history = new Map<string, readonly Point[]>();
  for (const line of text.split("\n").slice(1)) {
    const [device = "", time = "", temperature = ""] = line.trim().split(",");
    const at = Date.parse(time);
    const celsius = Number(temperature);
    if (temperature === "" || Number.isNaN(at) || Number.isNaN(celsius)) continue;
    const topic = device === ONLY_SENSOR ? "home/temp" : `home/${device}/temp`;
    history.set(topic, addReading(history.get(topic) ?? [], at, celsius));
  }
  return history;
}

/**
 * The chart's readings with what was measured before `since`.
 * @param since - ms since 1970: from then on the phone has heard everything itself
 */
export function withHistory(
  series: readonly Point[],
  history: readonly Point[],
  since: number,
): readonly Point[] {
  const before = history.filter(([time]) => time < since);
  return before.length === 0 ? series : [...before, ...series.filter(([time]) => time >= since)];
}

/** @returns motion that the alerts know of, the newest first; none where they do not answer */
export async function fetchMotions(): Promise<readonly Motion[]> {
  try {
    const response = await fetch(ALERTS_ADDRESS);
    return response.ok ? parseMotions(await response.json()) : [];
  } catch {
    return [];
  }
}

interface Alert {
  readonly kind: string;
  readonly device: string;
  readonly time: number;
  readonly sequence?: number;
}

export function parseMotions(answer: unknown): readonly Motion[] {
  const { alerts = [] } = (answer ?? {}) as { alerts?: readonly Alert[] };
  return alerts
    .filter(({ kind }) => kind === "motion")
    .map(({ device, time, sequence = 0 }) => ({
      camera: device === ONLY_CAMERA ? "home/camera" : `home/${device}/camera`,
      time,
      sequence,
    }));
}

/** The motion that the phone has heard of, and what it has not, the newest first. */
export function withMotions(known: readonly Motion[], others: readonly Motion[]): readonly Motion[] {
  const missed = others.filter((other) => !known.some((motion) => isSame(motion, other)));
  if (missed.length === 0) return known;
  return [...known, ...missed].sort((left, right) => right.time - left.time);
}

function isSame(left: Motion, right: Motion): boolean {
  return (
    left.camera === right.camera &&
    left.sequence === right.sequence &&
    Math.abs(left.time - right.time) < SAME_MOTION
  );
}
