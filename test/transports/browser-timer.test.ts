import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import BrowserTimer from "../../device/client/transports/browser/browser-timer";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { createTimer } from "../../host-sim/embedded/timer";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const clock: VirtualClock = new VirtualClock();

/** The timer of the simulated board judges that of browsers: what a program sees must be the same. */
describe.each([
  ["a browser", BrowserTimer, (ms: number): void => void vi.advanceTimersByTime(ms)],
  ["the simulated board", createTimer(clock), (ms: number): void => clock.advance(ms)],
] as const)("timer of %s", (_name, implementation, advance) => {
  const Timer = implementation as typeof BrowserTimer;
  let calls: string[];
  beforeEach(() => {
    calls = [];
  });

  test("set calls once, with the timer, and never inside set", () => {
    let seen: unknown;
    const timer = Timer.set((argument) => {
      seen = argument;
      calls.push("call");
    }, 100);
    advance(99);
    expect(calls).toEqual([]);
    advance(1);
    advance(1_000);
    expect(calls).toEqual(["call"]);
    expect(seen).toBe(timer);
  });

  test("without a delay it calls in a later turn", () => {
    Timer.set(() => calls.push("call"));
    expect(calls).toEqual([]);
    advance(0);
    expect(calls).toEqual(["call"]);
  });

  test("with an interval it goes on until it is cleared, also from inside its callback", () => {
    const timer = Timer.set(() => calls.push("set"), 50, 100);
    advance(50 + 3 * 100);
    Timer.clear(timer);
    advance(1_000);
    expect(calls).toEqual(Array(4).fill("set"));
    let count = 0;
    Timer.repeat((repeating) => {
      count += 1;
      if (count === 2) Timer.clear(repeating);
    }, 10);
    advance(1_000);
    expect(count).toBe(2);
  });

  test("schedule moves a call, and an unscheduled timer rests until it is scheduled again", () => {
    const timer = Timer.set(() => calls.push("call"), 100);
    Timer.schedule(timer, 200);
    advance(199);
    expect(calls).toEqual([]);
    Timer.schedule(timer);
    advance(1_000);
    expect(calls).toEqual([]);
    Timer.schedule(timer, 10);
    advance(10);
    expect(calls).toEqual(["call"]);
  });

  test("a repeating timer can be given another interval", () => {
    const timer = Timer.repeat(() => calls.push("call"), 100);
    Timer.schedule(timer, 10, 10);
    advance(35);
    Timer.clear(timer);
    expect(calls).toHaveLength(3);
  });

  test("a timer that is over cannot be scheduled, but cleared as often as one likes", () => {
    const timer = Timer.set(() => calls.push("call"), 1);
    advance(1);
    expect(() => Timer.schedule(timer, 1)).toThrow("invalid timer");
    Timer.clear(timer);
    Timer.clear(timer);
    Timer.clear(undefined);
    Timer.clear(null);
    const cleared = Timer.set(() => calls.push("never"), 1);
    Timer.clear(cleared);
    expect(() => Timer.schedule(cleared, 1)).toThrow("invalid timer");
    advance(10);
    expect(calls).toEqual(["call"]);
  });

  test("a callback that schedules its own timer keeps it alive", () => {
    let count = 0;
    Timer.set((timer) => {
      count += 1;
      if (count < 3) Timer.schedule(timer, 10, 10);
      else Timer.clear(timer);
    }, 10);
    advance(100);
    expect(count).toBe(3);
  });
});
