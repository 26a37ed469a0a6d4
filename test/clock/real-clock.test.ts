import { describe, expect, it } from "vitest";
import { RealClock } from "../../host-sim/clock/real-clock";

describe("the real clock", () => {
  it("calls back later, never at once, and with delay 0 before any timer of a millisecond", async () => {
    const clock = new RealClock();
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      clock.schedule(() => {
        order.push("a millisecond");
        resolve();
      }, 5);
      clock.schedule(() => order.push("none"), 0);
      order.push("scheduled");
    });
    expect(order).toEqual(["scheduled", "none", "a millisecond"]);
  });

  it("never runs what is cancelled, nor anything after close", async () => {
    const clock = new RealClock();
    const cancelled = clock.schedule(() => expect.unreachable(), 0);
    clock.schedule(() => expect.unreachable(), 0);
    clock.schedule(() => expect.unreachable(), 1);
    clock.cancel(cancelled);
    clock.cancel(undefined);
    clock.close();
    const other = new RealClock();
    await new Promise<void>((resolve) => other.schedule(resolve, 5));
    expect(clock.date()).toBeGreaterThan(Date.UTC(2026, 0, 1));
  });
});
