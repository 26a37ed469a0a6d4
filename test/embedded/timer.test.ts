import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { createTimer } from "../../host-sim/embedded/timer";

describe("the simulated timer module", () => {
  it("clears a one-shot timer after its callback: scheduling it again is an error, as on the board", () => {
    const clock = new VirtualClock();
    const Timer = createTimer(clock);
    const timer = Timer.set(() => undefined, 10);
    clock.advance(10);
    expect(() => Timer.schedule(timer, 10)).toThrow("invalid timer");
  });

  it("repeats until cleared, and may be cleared from its own callback", () => {
    const clock = new VirtualClock();
    const Timer = createTimer(clock);
    let calls = 0;
    Timer.repeat((timer) => {
      calls += 1;
      if (calls === 3) Timer.clear(timer);
    }, 10);
    clock.advance(100);
    expect(calls).toBe(3);
    expect(clock.pending).toBe(0);
  });

  it("unschedules without clearing, and can be scheduled again", () => {
    const clock = new VirtualClock();
    const Timer = createTimer(clock);
    let calls = 0;
    const timer = Timer.set(() => (calls += 1), 10);
    Timer.schedule(timer);
    clock.advance(100);
    expect(calls).toBe(0);
    Timer.schedule(timer, 5);
    clock.advance(5);
    expect(calls).toBe(1);
  });

  it("takes a new first interval and a new repeat interval", () => {
    const clock = new VirtualClock();
    const Timer = createTimer(clock);
    const times: number[] = [];
    const timer = Timer.repeat(() => times.push(clock.now()), 10);
    clock.advance(10);
    Timer.schedule(timer, 100, 20);
    clock.advance(150);
    expect(times).toEqual([10, 110, 130, 150]);
  });

  it("gives an exception of a callback to its owner and goes on with the other timers", () => {
    const clock = new VirtualClock();
    const caught: unknown[] = [];
    const Timer = createTimer(clock, (error) => caught.push(error));
    const failure = new Error("boom");
    Timer.set(() => {
      throw failure;
    }, 1);
    let ran = false;
    Timer.set(() => (ran = true), 1);
    clock.advance(1);
    expect(caught).toEqual([failure]);
    expect(ran).toBe(true);
  });
});
