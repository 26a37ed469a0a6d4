import { expect, it } from "vitest";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import type { Reference } from "../../host-sim/xs/machine";
import { createTimerFunctions, TIMER_MODULE, type TimerFunctions } from "../../host-sim/xs/timer-module";
import { rootOf, type Watched, watch } from "./support";

interface Fixture extends Watched {
  readonly clock: VirtualClock;
  readonly timers: TimerFunctions;
  readonly device: Reference;
  log(): unknown;
}

const root = rootOf({
  timer: TIMER_MODULE,
  device: `import Timer from "timer";
const events = Object.freeze({}); let log = ""; let timer;
export const read = () => log;
export function once(ms) { timer = Timer.set(function (self) { log += "once" + (self === timer) + " "; }, ms); }
export function every(ms) { timer = Timer.repeat(() => { log += Date.now() % 100000 + " "; }, ms); }
export function first(ms, repeat) { timer = Timer.set(() => { log += "x"; }, ms, repeat); }
export function again(ms) { Timer.schedule(timer, ms); }
export function pause() { Timer.schedule(timer); }
export function clear() { Timer.clear(timer); }
export function fail() { Timer.set(() => { throw new Error("in a timer"); }, 10); }
export function both() { Timer.set(() => { log += "b"; }, 20); Timer.set(() => { log += "a"; }, 10); Timer.set(() => { log += "c"; }, 20); }
export function jobs() { Timer.set(() => { Promise.resolve().then(() => { log += "job "; }); log += "timer "; }, 5); }
export function wrong() { Timer.set("no function", 5); }
`,
});

function start(): Fixture {
  const clock = new VirtualClock(0);
  const timers = createTimerFunctions(clock);
  const watched = watch(root, "light", { functions: timers.functions, date: () => clock.date() });
  const device = watched.machine.import("device");
  return { ...watched, clock, timers, device, log: () => device.invoke("read") };
}

it("fires once, with the timer as parameter, and is gone", () => {
  const { clock, device, log, timers } = start();
  device.invoke("once", [1_000]);
  clock.advance(999);
  expect(log()).toBe("");
  clock.advance(1);
  expect(log()).toBe("oncetrue ");
  clock.advance(10_000);
  expect(log()).toBe("oncetrue ");
  expect(timers.count).toBe(0);
  expect(() => device.invoke("again", [5])).toThrow("invalid timer");
});

it("repeats on the clock of the host", () => {
  const { clock, device, log } = start();
  device.invoke("every", [100]);
  clock.advance(350);
  expect(log()).toBe("100 200 300 ");
});

it("has a first interval of its own, can pause, go on, and be cleared", () => {
  const { clock, device, log, timers } = start();
  device.invoke("first", [10, 100]);
  clock.advance(110);
  expect(log()).toBe("xx");
  device.invoke("pause");
  clock.advance(1_000);
  expect(log()).toBe("xx");
  device.invoke("again", [5]);
  clock.advance(5);
  expect(log()).toBe("xxx");
  device.invoke("first", [10, 100]);
  device.invoke("clear");
  clock.advance(1_000);
  expect(log()).toBe("xxx");
  expect(timers.count).toBe(0);
});

it("fires in due order, those due together in the order they were set", () => {
  const { clock, device, log } = start();
  device.invoke("both");
  clock.advance(20);
  expect(log()).toBe("abc");
});

it("lets promise jobs run before the next event", () => {
  const { clock, device, log } = start();
  device.invoke("jobs");
  clock.advance(5);
  expect(log()).toBe("timer job ");
});

it("keeps timers through garbage collections and frees them afterwards", () => {
  const { clock, device, log, machine } = start();
  machine.collectGarbage();
  const before = machine.statistics().slots;
  device.invoke("both");
  machine.collectGarbage();
  expect(machine.statistics().slots).toBeGreaterThan(before);
  clock.advance(20);
  expect(log()).toBe("abc");
  machine.collectGarbage();
  expect(machine.objects.count).toBe(0);
});

it("ends the machine by what its callback throws, and cancels the other timers", () => {
  const { clock, device, deaths, timers } = start();
  device.invoke("every", [3]);
  device.invoke("fail");
  clock.advance(1_000);
  expect(deaths[0]?.reason).toBe("unhandled exception");
  expect(deaths[0]?.detail).toContain("in a timer");
  timers.clearAll();
  expect(clock.pending).toBe(0);
});

it("refuses a callback that is none", () => {
  const { device } = start();
  expect(() => device.invoke("wrong")).toThrow("Timer callback is not a function");
});
