import { describe, expect, it } from "vitest";
import { WallClock } from "../../../host-sim/home/analytics/wall-clock";

function setUp(): {
  clock: WallClock;
  jumps: number[];
  pass(milliseconds: number): void;
  set(milliseconds: number): void;
} {
  let now = 1_790_000_000_000;
  let monotonic = 5_000;
  const jumps: number[] = [];
  const clock = new WallClock({
    now: () => now,
    monotonic: () => monotonic,
    onJump: (milliseconds) => jumps.push(milliseconds),
  });
  return {
    clock,
    jumps,
    pass(milliseconds) {
      now += milliseconds;
      monotonic += milliseconds;
    },
    set(milliseconds) {
      now += milliseconds;
    },
  };
}

describe("a clock", () => {
  it("that runs evenly is believed", () => {
    const { clock, jumps, pass } = setUp();
    pass(3_600_000);
    expect(clock.observe()).toEqual({ now: 1_790_003_600_000, believed: true });
    expect(jumps).toEqual([]);
  });

  it("that is corrected by little is believed", () => {
    const { clock, jumps, pass, set } = setUp();
    for (let correction = 0; correction < 100; correction++) {
      pass(1_000);
      set(correction % 2 === 0 ? 1_900 : -1_900);
      expect(clock.observe().believed).toBe(true);
    }
    expect(jumps).toEqual([]);
  });

  it.each([3_600_000, -3_600_000])("that leaps by %d ms is in doubt for a minute, then believed", (leap) => {
    const { clock, jumps, pass, set } = setUp();
    set(leap);
    expect(clock.observe().believed).toBe(false);
    pass(59_999);
    expect(clock.observe().believed).toBe(false);
    pass(1);
    expect(clock.observe().believed).toBe(true);
    expect(jumps).toEqual([leap]);
  });

  it("that leaps and leaps back is believed at once, and both leaps are told", () => {
    const { clock, jumps, pass, set } = setUp();
    set(86_400_000);
    clock.observe();
    pass(10_000);
    set(-86_400_000);
    expect(clock.observe().believed).toBe(true);
    expect(jumps).toEqual([86_400_000, -86_400_000]);
  });

  it("that leaps again while it is in doubt has to run evenly from then on", () => {
    const { clock, pass, set } = setUp();
    set(86_400_000);
    clock.observe();
    pass(50_000);
    set(86_400_000);
    clock.observe();
    pass(50_000);
    expect(clock.observe().believed).toBe(false);
    pass(10_000);
    expect(clock.observe().believed).toBe(true);
  });
});
