/** An alert as the API has it; see routes.ts. */
export interface LoggedAlert {
  readonly id: string;
  /** ms since 1970. */
  readonly time: number;
  readonly kind: string;
  readonly device: string;
  readonly title: string;
  readonly text: string;
  readonly suppressed?: string | undefined;
  readonly deliveries: readonly LoggedDelivery[];
}

export interface LoggedDelivery {
  readonly to: string;
  readonly state: "waiting" | "sent" | "failed";
  readonly attempts: number;
  /** ms since 1970. */
  readonly time: number;
  readonly reason?: string | undefined;
}

export type Outcome = "sent" | "waiting" | "failed" | "suppressed" | "nobody";

/** What became of an alert, the worst first: one phone that was not told counts. */
export function outcomeOf({ suppressed, deliveries }: LoggedAlert): Outcome {
  if (suppressed !== undefined) return "suppressed";
  if (deliveries.length === 0) return "nobody";
  if (deliveries.some(({ state }) => state === "failed")) return "failed";
  if (deliveries.some(({ state }) => state === "waiting")) return "waiting";
  return "sent";
}

/** The outcome in words. */
export function describeOutcome(alert: LoggedAlert): string {
  const outcome = outcomeOf(alert);
  switch (outcome) {
    case "sent":
      return "Sent";
    case "waiting":
      return "On its way";
    case "failed":
      return "Failed";
    case "suppressed":
      return `Kept quiet: ${alert.suppressed}`;
    case "nobody":
      return "Nobody to tell";
  }
}

/** A delivery in words: `fcm.googleapis.com: sent after 1.2 s, at the 3rd try`. */
export function describeDelivery({ time: raised }: LoggedAlert, delivery: LoggedDelivery): string {
  const { to, state, attempts, time, reason } = delivery;
  const tries = attempts > 1 ? `, ${attempts} tries` : "";
  if (state === "sent") return `${to}: after ${seconds(time - raised)}${tries}`;
  if (state === "failed") return `${to}: ${reason ?? "failed"}${tries}`;
  return `${to}: ${reason === undefined ? "waiting" : `${reason}, trying again`}${tries}`;
}

function seconds(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 120_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}

/** Alerts of one day, the latest first, under the day's name. */
export interface Day {
  readonly name: string;
  readonly alerts: readonly LoggedAlert[];
}

/**
 * @param alerts - the latest first
 * @param nameOf - a time's day, ms since 1970
 */
export function groupByDay(alerts: readonly LoggedAlert[], nameOf: (time: number) => string): readonly Day[] {
  const days: { name: string; alerts: LoggedAlert[] }[] = [];
  for (const alert of alerts) {
    const name = nameOf(alert.time);
    const day = days.at(-1);
    if (day?.name === name) day.alerts.push(alert);
    else days.push({ name, alerts: [alert] });
  }
  return days;
}
