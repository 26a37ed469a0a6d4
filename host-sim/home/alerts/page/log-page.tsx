import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Mark } from "../../mobile-app/page/mark";
import {
  describeDelivery,
  describeOutcome,
  groupByDay,
  type LoggedAlert,
  type Outcome,
  outcomeOf,
} from "../log-model";
import { forgetPhone, type Log, readLog, sendTestAlert } from "./api";
import { Phones } from "./phones";

/** ms between two looks, while somebody looks. */
const INTERVAL = 3_000;

type Filter = "all" | Exclude<Outcome, "nobody">;

const FILTERS: readonly (readonly [filter: Filter, label: string])[] = [
  ["all", "All"],
  ["sent", "Sent"],
  ["waiting", "On their way"],
  ["suppressed", "Kept quiet"],
  ["failed", "Failed"],
];

/** What was raised, suppressed by which rule, sent and failed. */
export function LogPage(): JSX.Element {
  const { log, error, refresh, run } = useLog();
  const [filter, setFilter] = useState<Filter>("all");
  const shown = (log?.alerts ?? []).filter((alert) => filter === "all" || outcomeOf(alert) === filter);
  const connected = error === undefined && log?.status.connected === true;
  return (
    <main class="frame">
      <header class="bar">
        <h1 class="brand">
          <Mark />
          Alerts
        </h1>
        <p class="connection" role="status" data-connected={connected}>
          {log ? connectionText(log, error) : "Loading"}
        </p>
      </header>
      {error === undefined ? null : (
        <p class="trouble" role="alert">
          {error}
        </p>
      )}
      <div class="columns">
        <section class="card" aria-labelledby="log-title">
          <div class="head">
            <h2 id="log-title">What happened</h2>
            <fieldset class="filters">
              <legend class="visually-hidden">Show</legend>
              {FILTERS.map(([value, label]) => (
                <label key={value}>
                  <input
                    type="radio"
                    name="filter"
                    checked={filter === value}
                    onChange={() => setFilter(value)}
                  />
                  <span>{label}</span>
                </label>
              ))}
            </fieldset>
          </div>
          {groupByDay(shown, dayName).map(({ name, alerts }) => (
            <section key={name} aria-label={name}>
              <h3>{name}</h3>
              <ol>
                {alerts.map((alert) => (
                  <Entry key={alert.id} alert={alert} />
                ))}
              </ol>
            </section>
          ))}
          {log && shown.length === 0 ? (
            <p class="empty">{filter === "all" ? "Nothing has happened yet." : "None of these."}</p>
          ) : null}
        </section>
        <Phones
          phones={log?.phones}
          onTest={() => run(sendTestAlert)}
          onForget={(id) => run(() => forgetPhone(id)).then(refresh)}
        />
      </div>
    </main>
  );
}

function Entry({ alert }: { readonly alert: LoggedAlert }): JSX.Element {
  const outcome = outcomeOf(alert);
  return (
    <li class="entry" data-outcome={outcome}>
      <time dateTime={new Date(alert.time).toISOString()} title={new Date(alert.time).toLocaleString()}>
        {new Date(alert.time).toLocaleTimeString()}
      </time>
      <div>
        <p class="title">{alert.title}</p>
        <p class="text">{alert.text}</p>
        {alert.deliveries.map((delivery) => (
          <p key={delivery.to + delivery.time} class="delivery">
            {describeDelivery(alert, delivery)}
          </p>
        ))}
      </div>
      <span class="chip">{describeOutcome(alert)}</span>
    </li>
  );
}

interface UseLog {
  readonly log: Log | undefined;
  /** For people. */
  readonly error: string | undefined;
  refresh(): Promise<void>;
  /** Does something, tells what went wrong, and looks again. */
  run(action: () => Promise<void>): Promise<void>;
}

function useLog(): UseLog {
  const [log, setLog] = useState<Log | undefined>();
  const [error, setError] = useState<string | undefined>();
  const refresh = useCallback(async () => {
    try {
      setLog(await readLog());
      setError(undefined);
    } catch (problem) {
      setError(messageOf(problem));
    }
  }, []);
  const run = useCallback(
    async (action: () => Promise<void>) => {
      try {
        await action();
      } catch (problem) {
        setError(messageOf(problem));
        return;
      }
      await refresh();
    },
    [refresh],
  );
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === "visible") void refresh();
    };
    look();
    const timer = setInterval(look, INTERVAL);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [refresh]);
  return { log, error, refresh, run };
}

/** A fetch that fails says so in words of the browser's own. */
function messageOf(problem: unknown): string {
  return problem instanceof TypeError ? "The alert service does not answer." : (problem as Error).message;
}

function connectionText({ status }: Log, error: string | undefined): string {
  if (error !== undefined) return "Not connected";
  const waiting = status.waiting === 0 ? "" : `, ${status.waiting} on their way`;
  return status.connected ? `Listening to ${status.broker}${waiting}` : `No connection to ${status.broker}`;
}

function dayName(time: number): string {
  return new Date(time).toLocaleDateString(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
}
