import { useEffect, useState } from "preact/hooks";
import type { House } from "./house";
import type { HouseState } from "./house-state";

/** The state of the house, at every change of it. */
export function useHouse(house: House): HouseState {
  const [state, setState] = useState(house.state);
  useEffect(() => {
    setState(house.state);
    return house.subscribe(() => setState(house.state));
  }, [house]);
  return state;
}

const SECOND = 1_000;

/** The time, ms since 1970, at every second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const interval = window.setInterval(() => setNow(Date.now()), SECOND);
    return () => window.clearInterval(interval);
  }, []);
  return now;
}
