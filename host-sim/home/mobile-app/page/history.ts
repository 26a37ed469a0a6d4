import { addReading, type Point, WINDOW } from "./series";

/** Of the trends: every reading, as `device,time,temperature`. */
const ADDRESS = "trends/api/export.csv";
/** As the trends call the one thermometer of a home. */
const ONLY_SENSOR = "temperature-sensor";

/** What was measured while nobody looked: readings by topic, oldest first. */
export type History = ReadonlyMap<string, readonly Point[]>;

/** @returns the readings of the chart's time; none where the trends do not answer */
export async function fetchHistory(now: number): Promise<History> {
  const from = `${new Date(now - WINDOW).toISOString().slice(0, 19)}Z`;
  try {
    const response = await fetch(`${ADDRESS}?table=readings&from=${from}`);
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
