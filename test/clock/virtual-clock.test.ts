import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";

describe("the virtual clock", () => {
  it("runs callbacks in due order, and those due together in the order they were scheduled", () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.schedule(() => order.push("late"), 20);
    clock.schedule(() => order.push("first"), 10);
    clock.schedule(() => order.push("second"), 10);
    clock.advance(20);
    expect(order).toEqual(["first", "second", "late"]);
  });

  it("runs what a callback schedules when that falls within the advance, at its own time", () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    clock.schedule(() => clock.schedule(() => times.push(clock.now()), 5), 10);
    clock.advance(14);
    expect(times).toEqual([]);
    clock.advance(1);
    expect(times).toEqual([15]);
  });

  it("never runs a cancelled callback and counts what waits", () => {
    const clock = new VirtualClock();
    const scheduled = clock.schedule(() => expect.unreachable(), 1);
    expect(clock.pending).toBe(1);
    clock.cancel(scheduled);
    clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  it("refuses a delay that is negative or no number", () => {
    const clock = new VirtualClock();
    expect(() => clock.schedule(() => undefined, -1)).toThrow("delay -1 ms");
    expect(() => clock.schedule(() => undefined, Number.NaN)).toThrow("delay NaN ms");
  });
});
