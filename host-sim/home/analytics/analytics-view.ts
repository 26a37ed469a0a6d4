import type { AnalyticsEvent } from "./analytics";
import type { IncidentKind } from "./reading";

/** A device's line in the table. */
export interface DeviceLine {
  readonly name: string;
  /** °C; undefined where there is none. */
  readonly value: number | undefined;
  /** s since 1970. */
  readonly time: number | undefined;
  /** Of today; undefined where nothing came yet. */
  readonly today: { readonly minimum: number; readonly mean: number; readonly maximum: number } | undefined;
  /** Readings of today. */
  readonly readings: number;
}

export interface AnalyticsView {
  readonly file: string;
  readonly timeZone: string;
  readonly broker: string;
  readonly connected: boolean;
  readonly devices: readonly DeviceLine[];
  /** Since the start. */
  readonly stored: number;
  readonly transactions: number;
  readonly incidents: Partial<Record<IncidentKind, number>>;
  /** The last events, the oldest first. */
  readonly events: readonly string[];
}

const COLUMNS = 80;
const MOST_DEVICES = 20;

/** The service as a table of 80 characters a line. */
export function renderAnalytics(view: AnalyticsView): string {
  const shown = view.devices.slice(0, MOST_DEVICES);
  const more = view.devices.length - shown.length;
  return [
    cut(`${view.broker}${view.connected ? "" : " (away)"} -> ${view.file}`),
    "",
    `${"Device".padEnd(22)}${"Last".padStart(8)}  ${"at".padEnd(8)}${["Today: min", "mean", "max"].map((text) => text.padStart(10)).join("")}${"Readings".padStart(10)}`,
    ...shown.map((device) => deviceLine(device, view.timeZone)),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(view.devices.length === 0 ? ["no reading yet"] : []),
    "",
    summary(view),
    ...view.events.map(cut),
  ].join("\n");
}

/** `1,234 readings stored in 56 transactions; set aside: 2 duplicate, 1 not a number` */
export function summary({
  stored,
  transactions,
  incidents,
}: Pick<AnalyticsView, "stored" | "transactions" | "incidents">): string {
  const aside = Object.entries(incidents).map(([kind, count]) => `${count.toLocaleString("en")} ${kind}`);
  return cut(
    `${stored.toLocaleString("en")} readings stored in ${transactions.toLocaleString("en")} transactions; ` +
      `set aside: ${aside.length === 0 ? "none" : aside.join(", ")}`,
  );
}

/** An event as one line for people; undefined for those that come all the time. */
export function eventLine(event: AnalyticsEvent): string | undefined {
  switch (event.event) {
    case "connected":
      return cut(
        `connected with MQTT ${event.protocolVersion === 5 ? "5.0" : "3.1.1"}, ` +
          `${event.sessionPresent ? "the session goes on" : "a new session"}: ${event.topicFilters.join(", ")}`,
      );
    case "reconnected":
      return `connected again, ${event.sessionPresent ? "the session goes on" : "a new session: readings may be missing"}`;
    case "disconnected":
      return "the broker is away";
    case "clock behind":
      return cut(`this clock is behind the newest reading, ${event.newest}: see --forget-future`);
    case "failed":
      return cut(`failed, tried again: ${event.message.split("\n", 1)[0]}`);
    case "stored": {
      const last = event.incidents.filter(({ kind }) => kind !== "duplicate").at(-1);
      return last && cut(`set aside: ${last.kind}: ${last.topic ?? ""} ${last.detail}`);
    }
  }
}

/** An event as JSON; times in ISO 8601. */
export function eventJSON(event: AnalyticsEvent): string {
  return JSON.stringify(event, (_name, value) => {
    return typeof value === "bigint" ? new Date(Number(value / 1_000n)).toISOString() : value;
  });
}

function deviceLine({ name, value, time, today, readings }: DeviceLine, timeZone: string): string {
  const at =
    time === undefined ? "" : new Date(time * 1_000).toLocaleTimeString("en-GB", { timeZone, hour12: false });
  const figures = [today?.minimum, today?.mean, today?.maximum]
    .map((one) => degrees(one).padStart(10))
    .join("");
  const short = name.length > 21 ? `${name.slice(0, 20)}…` : name;
  return `${short.padEnd(22)}${degrees(value).padStart(8)}  ${at.padEnd(8)}${figures}${readings.toLocaleString("en").padStart(10)}`;
}

function degrees(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(1);
}

function cut(line: string): string {
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line;
}
