import type Digital from "embedded:io/digital";
import Timer from "timer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import PIR, { type PIROptions } from "../../device/drivers/pir/pir";
import { Board } from "../../host-sim/board/board";
import { PIRPart } from "../../host-sim/board/parts/pir";
import { clock } from "../support/timer";

const PIN = 2;
let board: Board;
let part: PIRPart;
let reported: boolean[];

beforeEach(() => {
  board = new Board({ clock });
  part = board.attach(new PIRPart({ pin: PIN, holdTime: 1_000, blockTime: 0 }));
  reported = [];
});

afterEach(() => {
  board.reset();
  board.detach(part);
  clock.advance(1_000);
  expect(clock.pending).toBe(0);
});

function createPIR(options: Partial<PIROptions> = {}): PIR {
  return new PIR({
    sensor: { io: board.provider.io.Digital as unknown as typeof Digital, pin: PIN },
    timer: Timer,
    onMotion(moving) {
      reported.push(moving);
    },
    ...options,
  });
}

/** Drives the pin past the module, as noise does. */
function drive(level: 0 | 1): void {
  board.pin(PIN).drive(part, level);
}

describe("PIR", () => {
  it("reports the beginning and the end of motion, each once", () => {
    createPIR();
    part.motion();
    clock.advance(50);
    expect(reported).toEqual([true]);
    clock.advance(2_000);
    expect(reported).toEqual([true, false]);
  });

  it("waits until the level has held for the debounce time, to the millisecond", () => {
    createPIR({ debounce: 30 });
    part.motion();
    clock.advance(29);
    expect(reported).toEqual([]);
    clock.advance(1);
    expect(reported).toEqual([true]);
  });

  it("ignores a pulse shorter than the debounce time", () => {
    createPIR();
    drive(1);
    clock.advance(20);
    drive(0);
    clock.advance(500);
    expect(reported).toEqual([]);
  });

  it("counts the debounce time from the last edge", () => {
    createPIR();
    for (const level of [1, 0, 1, 0, 1] as const) {
      drive(level);
      clock.advance(40);
    }
    expect(reported).toEqual([]);
    clock.advance(10);
    expect(reported).toEqual([true]);
  });

  it("takes every edge as it comes with debounce 0", () => {
    createPIR({ debounce: 0 });
    drive(1);
    clock.advance(0);
    drive(0);
    clock.advance(0);
    expect(reported).toEqual([true, false]);
  });

  it("tells the debounced state by sample()", () => {
    const pir = createPIR();
    expect(pir.sample()).toEqual({ motion: false });
    part.motion();
    expect(pir.sample()).toEqual({ motion: false });
    clock.advance(50);
    expect(pir.sample()).toEqual({ motion: true });
  });

  it("takes motion that lasts at the start as the state, not as an event", () => {
    drive(1);
    const pir = createPIR();
    clock.advance(100);
    expect(pir.sample()).toEqual({ motion: true });
    expect(reported).toEqual([]);
    drive(0);
    clock.advance(100);
    expect(reported).toEqual([false]);
  });

  it("gives itself to the callback, with the target", () => {
    let receiver: unknown;
    const target = {};
    const pir = createPIR({
      target,
      onMotion() {
        receiver = this;
      },
    });
    part.motion();
    clock.advance(50);
    expect(receiver).toBe(pir);
    expect(pir.target).toBe(target);
  });

  it("releases its pin at close, and no callback follows", () => {
    const pir = createPIR();
    part.motion();
    clock.advance(10);
    pir.close();
    pir.close();
    clock.advance(5_000);
    expect(reported).toEqual([]);
    expect(board.openInstances).toBe(0);
  });

  it("can be closed inside its own callback", () => {
    createPIR({
      onMotion(moving) {
        reported.push(moving);
        this.close();
      },
    });
    part.motion();
    clock.advance(5_000);
    expect(reported).toEqual([true]);
    expect(board.openInstances).toBe(0);
  });

  it.each([-1, Number.NaN])("refuses a debounce of %d before it takes the pin", (debounce) => {
    expect(() => createPIR({ debounce })).toThrow(new RangeError(`debounce ${debounce} ms is not 0 or more`));
    expect(board.openInstances).toBe(0);
  });
});
