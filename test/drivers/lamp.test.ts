import type PWM from "embedded:io/pwm";
import Timer from "timer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Lamp, { type LampOptions } from "../../device/drivers/lamp/lamp";
import { Board } from "../../host-sim/board/board";
import { LampPart } from "../../host-sim/board/parts/lamp";
import { clock } from "../support/timer";

const PIN = 25;
let board: Board;
let part: LampPart;
let lamps: Lamp[];

beforeEach(() => {
  board = new Board({ clock });
  part = board.attach(new LampPart({ pin: PIN }));
  lamps = [];
});

afterEach(() => {
  for (const lamp of lamps) lamp.close();
  board.detach(part);
  expect(clock.pending).toBe(0);
  expect(board.openInstances).toBe(0);
});

function createLamp(options: Partial<LampOptions> = {}, pwm: Partial<LampOptions["lamp"]> = {}): Lamp {
  const lamp = new Lamp({
    lamp: { io: board.provider.io.PWM as unknown as typeof PWM, pin: PIN, hz: 1_000, ...pwm },
    timer: Timer,
    ...options,
  });
  lamps.push(lamp);
  return lamp;
}

/** Duties written since the last call. */
function duties(): number[] {
  const written = board.journal
    .entries({ device: "pwm", operation: "write" })
    .map((entry) => entry.value as number);
  board.journal.clear();
  return written;
}

describe("Lamp brightness", () => {
  it("is off from the start", () => {
    const lamp = createLamp();
    expect(lamp.on).toBe(false);
    expect(lamp.brightness).toBe(0);
    expect(duties()).toEqual([0]);
    expect(part.output).toBe(0);
  });

  it("is exactly off at 0 and exactly on at 255", () => {
    const lamp = createLamp();
    lamp.write(255);
    expect(part.output).toBe(1);
    lamp.write(0);
    expect(part.output).toBe(0);
    expect(duties()).toEqual([0, 1_023, 0]);
  });

  it("follows the gamma curve over the whole resolution of the PWM", () => {
    const lamp = createLamp();
    duties();
    lamp.write(128);
    expect(duties()).toEqual([Math.round((128 / 255) ** 2.2 * 1_023)]);
  });

  it.each([8, 10, 13])(
    "gives light at every brightness and never less at the next, with %d bits",
    (resolution) => {
      const lamp = createLamp({}, { resolution });
      duties();
      const all: number[] = [];
      for (let brightness = 1; brightness <= 255; brightness += 1) {
        lamp.write(brightness);
        const [duty = all.at(-1)!] = duties();
        all.push(duty);
      }
      expect(all[0]).toBeGreaterThanOrEqual(1);
      expect(all.at(-1)).toBe(2 ** resolution - 1);
      expect(all).toEqual([...all].sort((a, b) => a - b));
    },
  );

  it("is linear with gamma 1", () => {
    const lamp = createLamp({ gamma: 1 });
    duties();
    lamp.write(51);
    expect(duties()).toEqual([Math.round(1_023 / 5)]);
  });

  it("does not write a duty that stands already", () => {
    const lamp = createLamp();
    lamp.write(100);
    duties();
    lamp.write(100);
    expect(duties()).toEqual([]);
  });

  it.each([-1, 256, 1.5, Number.NaN])("refuses brightness %d and stays as it was", (brightness) => {
    const lamp = createLamp();
    lamp.write(10);
    expect(() => lamp.write(brightness)).toThrow(
      new RangeError(`brightness ${brightness} is not an integer from 0 to 255`),
    );
    expect(lamp.brightness).toBe(10);
  });
});

describe("Lamp fade", () => {
  it("takes its time in steps of 20 ms and ends exactly, with no timer left", () => {
    const lamp = createLamp({ fade: 200 });
    duties();
    lamp.write(255);
    clock.advance(199);
    expect(part.output).toBeLessThan(1);
    clock.advance(1);
    expect(part.output).toBe(1);
    const written = duties();
    expect(written).toHaveLength(10);
    expect(written).toEqual([...written].sort((a, b) => a - b));
    expect(clock.pending).toBe(0);
  });

  it("tells where it is going from the start", () => {
    const lamp = createLamp({ fade: 200 });
    lamp.write(200);
    expect(lamp.on).toBe(true);
    expect(lamp.brightness).toBe(200);
    clock.advance(40);
    lamp.write(0);
    expect(lamp.on).toBe(false);
  });

  it("turns round from where it is, without a jump", () => {
    const lamp = createLamp({ fade: 1_000 });
    lamp.write(255);
    clock.advance(500);
    const middle = part.output;
    duties();
    lamp.write(0);
    clock.advance(20);
    const [first] = duties();
    expect(first! / 1_023).toBeLessThan(middle);
    expect(first! / 1_023).toBeGreaterThan(middle * 0.9);
    clock.advance(980);
    expect(part.output).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("can be given for one change", () => {
    const lamp = createLamp({ fade: 1_000 });
    lamp.write(255, 0);
    expect(part.output).toBe(1);
    lamp.write(0, 40);
    clock.advance(40);
    expect(part.output).toBe(0);
  });

  it("ends at once where the lamp stands already", () => {
    const lamp = createLamp({ fade: 1_000 });
    lamp.write(0);
    expect(clock.pending).toBe(0);
  });

  it("refuses a fade that is not a finite number of 0 or more", () => {
    const lamp = createLamp();
    expect(() => lamp.write(1, -1)).toThrow(new RangeError("fade -1 ms is not a finite number of 0 or more"));
    expect(() => lamp.write(1, Number.POSITIVE_INFINITY)).toThrow(RangeError);
    expect(() => createLamp({ fade: Number.NaN })).toThrow(RangeError);
    expect(() => createLamp({ gamma: 0 })).toThrow(new RangeError("gamma 0 is not above 0"));
  });
});

describe("Lamp close", () => {
  it("switches off in the middle of a fade and releases the pin, once", () => {
    const lamp = createLamp({ fade: 1_000 });
    lamp.write(255);
    clock.advance(500);
    lamp.close();
    lamp.close();
    expect(part.output).toBe(0);
    expect(clock.pending).toBe(0);
    expect(board.openInstances).toBe(0);
    expect(() => lamp.write(1)).toThrow("the lamp is closed");
  });
});
