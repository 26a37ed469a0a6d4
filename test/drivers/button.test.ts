import type Digital from "embedded:io/digital";
import Timer from "timer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Button, { type ButtonOptions } from "../../device/drivers/button/button";
import { Board } from "../../host-sim/board/board";
import { PushButtonPart } from "../../host-sim/board/parts/push-button";
import { clock } from "../support/timer";

const PIN = 0;
let board: Board;
let part: PushButtonPart;
let presses: number;

beforeEach(() => {
  board = new Board({ clock });
  part = board.attach(new PushButtonPart({ pin: PIN }));
  presses = 0;
});

afterEach(() => {
  board.reset();
  board.detach(part);
  clock.advance(1_000);
  expect(clock.pending).toBe(0);
});

function createButton(options: Partial<ButtonOptions> = {}): Button {
  return new Button({
    button: { io: board.provider.io.Digital as unknown as typeof Digital, pin: PIN },
    timer: Timer,
    onPress() {
      presses += 1;
    },
    ...options,
  });
}

describe("Button", () => {
  it("counts a press once although the contact bounces, at press and at release", () => {
    createButton();
    for (let press = 1; press <= 20; press += 1) {
      part.press(100);
      clock.advance(300);
      expect(presses).toBe(press);
    }
  });

  it("calls at the press, not at the release, and once however long it is held", () => {
    const button = createButton();
    part.press(Number.POSITIVE_INFINITY);
    clock.advance(30);
    expect(presses).toBe(1);
    expect(button.pressed).toBe(true);
    clock.advance(60_000);
    part.release();
    clock.advance(100);
    expect(presses).toBe(1);
    expect(button.pressed).toBe(false);
  });

  it("ignores a touch shorter than the debounce time", () => {
    createButton({ debounce: 50 });
    part.press(20);
    clock.advance(500);
    expect(presses).toBe(0);
  });

  it("pulls its pin up, since the contact only connects it to ground", () => {
    const button = createButton();
    expect(button.pressed).toBe(false);
    expect(board.pin(PIN).level).toBe(1);
  });

  it("does not take a button held down at the start as a press", () => {
    part.press(Number.POSITIVE_INFINITY);
    clock.advance(50);
    const button = createButton();
    clock.advance(100);
    expect(presses).toBe(0);
    expect(button.pressed).toBe(true);
    part.release();
  });

  it("takes every edge as it comes with debounce 0", () => {
    board.detach(part);
    part = board.attach(new PushButtonPart({ pin: PIN, bounceTime: 0 }));
    createButton({ debounce: 0 });
    part.press(10);
    clock.advance(1);
    expect(presses).toBe(1);
    clock.advance(100);
  });

  it("gives itself to the callback, with the target, and can be closed there", () => {
    let receiver: unknown;
    const target = {};
    const button = createButton({
      target,
      onPress() {
        receiver = this;
        this.close();
      },
    });
    part.press(50);
    clock.advance(200);
    expect(receiver).toBe(button);
    expect(button.target).toBe(target);
    expect(board.openInstances).toBe(0);
  });

  it("releases its pin at close, and no callback follows", () => {
    const button = createButton();
    part.press(50);
    clock.advance(5);
    button.close();
    button.close();
    clock.advance(1_000);
    expect(presses).toBe(0);
    expect(board.openInstances).toBe(0);
  });

  it("refuses a negative debounce before it takes the pin", () => {
    expect(() => createButton({ debounce: -5 })).toThrow(new RangeError("debounce -5 ms is not 0 or more"));
    expect(board.openInstances).toBe(0);
  });
});
