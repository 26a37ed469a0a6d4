import { describe, expect, it } from "vitest";
import { PushButtonPart, type PushButtonPartOptions } from "../../../host-sim/board/parts/push-button";
import { createRandom } from "../../../host-sim/board/random";
import { createBoard } from "../support";

function createButton(options: Partial<PushButtonPartOptions> = {}) {
  const { board, clock } = createBoard();
  const button = board.attach(new PushButtonPart({ pin: 0, ...options }));
  const { Digital } = board.provider.io;
  const input = new Digital({ pin: 0, mode: Digital.InputPullUp });
  const edges = () => board.journal.entries({ pin: 0, operation: "edge" });
  return { board, clock, button, input, edges };
}

describe("a push button", () => {
  it("connects its pin to ground while pressed", () => {
    const { clock, button, input } = createButton();
    expect(input.read()).toBe(1);
    button.press(100);
    clock.advance(50);
    expect([input.read(), button.isPressed]).toEqual([0, true]);
    clock.advance(100);
    expect([input.read(), button.isPressed]).toEqual([1, false]);
  });

  it("bounces for its bounce time at press and at release, and ends where the finger left it", () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const { clock, button, input, edges } = createButton({ bounceTime: 8, random: createRandom(seed) });
      button.press(100);
      clock.advance(8);
      const pressed = edges().length;
      expect(pressed).toBeGreaterThanOrEqual(3);
      expect(pressed % 2).toBe(1);
      expect(input.read()).toBe(0);
      clock.advance(91);
      expect(edges()).toHaveLength(pressed);
      clock.advance(9);
      expect(edges().length).toBeGreaterThanOrEqual(pressed + 3);
      expect(input.read()).toBe(1);
      expect(clock.pending).toBe(0);
    }
  });

  it("bounces the same way with the same seed", () => {
    const times = () => {
      const { clock, button, edges } = createButton({ random: createRandom(9) });
      button.press();
      clock.advance(1000);
      return edges().map((entry) => entry.time);
    };
    expect(times()).toEqual(times());
  });

  it("with a perfect contact gives two edges a press", () => {
    const { clock, button, edges } = createButton({ bounceTime: 0 });
    button.press();
    clock.advance(1000);
    expect(edges().map(({ time, value }) => [time, value])).toEqual([
      [0, 0],
      [100, 1],
    ]);
  });

  it("stays pressed until released when asked to", () => {
    const { clock, button, input } = createButton();
    button.press(Number.POSITIVE_INFINITY);
    clock.advance(60_000);
    expect(input.read()).toBe(0);
    button.release();
    clock.advance(10);
    expect(input.read()).toBe(1);
  });

  it("lets go of its pin and of the clock when detached", () => {
    const { board, clock, button, input } = createButton();
    button.press();
    board.detach(button);
    expect(input.read()).toBe(1);
    expect(clock.pending).toBe(0);
    expect(() => button.press()).toThrow("not attached");
  });
});
