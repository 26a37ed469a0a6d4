import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { fetchSeries, fetchStatus, SignedOut, type Status } from "./api";
import { type Answer, VIEW_NAMES, type ViewName } from "./model";

export interface Trends {
  readonly view: ViewName;
  readonly answer: Answer | undefined;
  readonly status: Status | undefined;
  /** Why what is shown may be old. */
  readonly problem: "away" | "signed out" | undefined;
  /** Devices that are not drawn. */
  readonly hidden: ReadonlySet<string>;
  show(view: ViewName, at?: string): void;
  toggle(device: string): void;
}

/** ms */
const REFRESH_INTERVAL = 10_000;

/** What is shown is in the address: `#view=week&at=2026-11-23&hide=attic`. */
function readAddress(): { view: ViewName; at: string | undefined; hidden: ReadonlySet<string> } {
  const search = new URLSearchParams(location.hash.slice(1));
  const view = VIEW_NAMES.find((name) => name === search.get("view")) ?? "day";
  const at = /^\d{4}-\d\d-\d\d$/.exec(search.get("at") ?? "")?.[0];
  return { view, at, hidden: new Set(search.getAll("hide")) };
}

function writeAddress(view: ViewName, at: string | undefined, hidden: ReadonlySet<string>): void {
  const search = new URLSearchParams({ view, ...(at === undefined ? {} : { at }) });
  for (const device of hidden) search.append("hide", device);
  history.replaceState(null, "", `#${search}`);
}

/** What the page shows, fetched again as long as somebody looks. */
export function useTrends(): Trends {
  const [wanted, setWanted] = useState(readAddress);
  const [answer, setAnswer] = useState<Answer>();
  const [status, setStatus] = useState<Status>();
  const [problem, setProblem] = useState<Trends["problem"]>();
  const latest = useRef(0);
  const { view, at, hidden } = wanted;

  const load = useCallback(async () => {
    latest.current += 1;
    const request = latest.current;
    try {
      const [series, state] = await Promise.all([fetchSeries(view, at), fetchStatus()]);
      // An answer to what was asked before may come later.
      if (request !== latest.current) return;
      setAnswer(series);
      setStatus(state);
      setProblem(undefined);
    } catch (error) {
      if (request === latest.current) setProblem(error instanceof SignedOut ? "signed out" : "away");
    }
  }, [view, at]);

  useEffect(() => {
    void load();
    const refresh = (): void => {
      if (!document.hidden) void load();
    };
    const timer = setInterval(refresh, REFRESH_INTERVAL);
    document.addEventListener("visibilitychange", refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", refresh);
    };
  }, [load]);

  useEffect(() => writeAddress(view, at, hidden), [view, at, hidden]);
  useEffect(() => {
    const follow = (): void => setWanted(readAddress());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);

  return {
    view,
    answer,
    status,
    problem,
    hidden,
    show: (next, date) => setWanted({ view: next, at: date, hidden }),
    toggle: (device) => {
      const next = new Set(hidden);
      if (!next.delete(device)) next.add(device);
      setWanted({ view, at, hidden: next });
    },
  };
}
