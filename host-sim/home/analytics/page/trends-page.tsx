import { useMemo } from "preact/hooks";
import { Mark } from "../../mobile-app/page/mark";
import { exportURL } from "./api";
import { Chart } from "./chart";
import { STYLES } from "./chart-options";
import { Controls } from "./controls";
import { Incidents } from "./incidents";
import { describeView } from "./model";
import { Summary, Table } from "./tables";
import { type Trends, useTrends } from "./use-trends";

export function TrendsPage(): preact.JSX.Element {
  const trends = useTrends();
  const { answer, hidden, status } = trends;
  const all = useMemo(
    () => (answer?.series ?? []).map((one, place) => ({ one, style: place % STYLES })),
    [answer],
  );
  const shown = useMemo(() => all.filter(({ one }) => !hidden.has(one.device)), [all, hidden]);
  const isEmpty = shown.every(({ one }) => one.time.length === 0);
  // Mounted beside the app, the app is one step up.
  const isMounted = location.pathname.replace(/\/$/, "") !== "";
  return (
    <div class="frame trends">
      <header class="bar">
        <h1>
          <Mark /> Trends
        </h1>
        {isMounted && <a href="../">To the house</a>}
      </header>
      <main>
        <Problem problem={trends.problem} />
        <Controls trends={trends} devices={all} />
        {answer && (
          <>
            <section class="card" aria-label="Chart">
              <h2 aria-live="polite">{describeView(answer)}</h2>
              {isEmpty ? (
                <p class="empty">No reading in this {answer.view}.</p>
              ) : (
                <Chart answer={answer} series={shown} />
              )}
            </section>
            {!isEmpty && <Summary answer={answer} series={shown} />}
            {!isEmpty && (
              <section class="card files" aria-label="Data">
                <Table answer={answer} series={shown} />
                <p>
                  <span>This {answer.view} as </span>
                  <a
                    href={exportURL(
                      "csv",
                      answer,
                      shown.map(({ one }) => one.device),
                    )}
                    download
                  >
                    CSV
                  </a>{" "}
                  <a
                    href={exportURL(
                      "parquet",
                      answer,
                      shown.map(({ one }) => one.device),
                    )}
                    download
                  >
                    Parquet
                  </a>
                </p>
              </section>
            )}
          </>
        )}
        {status && <Incidents status={status} />}
      </main>
    </div>
  );
}

function Problem({ problem }: Pick<Trends, "problem">): preact.JSX.Element {
  return (
    <p class={problem ? "problem" : "visually-hidden"} role="status">
      {problem === "away" && "The service does not answer; what is shown may be old."}
      {problem === "signed out" && (
        <>
          You are signed out. <a href="../">Sign in</a>
        </>
      )}
    </p>
  );
}
