import { describe, expect, it } from "vitest";
import { PIRPart, type PIRPartOptions } from "../../../host-sim/board/parts/pir";
import { createBoard } from "../support";

function createPIR(options: Partial<PIRPartOptions> = {}) {
  const { board, clock } = createBoard();
  const pir = board.attach(new PIRPart({ pin: 4, holdTime: 2000, blockTime: 500, ...options }));
  const edges: string[] = [];
  pir.onChange = (moving) => edges.push(`${moving ? "high" : "low"} at ${clock.now()}`);
  return { board, clock, pir, edges };
}

describe("a PIR module", () => {
  it("raises its output at motion and holds it for its hold time", () => {
    const { board, clock, pir, edges } = createPIR();
    expect(board.pin(4).level).toBe(0);
    clock.advance(1000);
    pir.motion();
    expect(board.pin(4).level).toBe(1);
    clock.advance(5000);
    expect(edges).toEqual(["high at 1000", "low at 3000"]);
  });

  it("starts its hold time again with each motion, or not with the other jumper", () => {
    const run = (retriggers: boolean) => {
      const { clock, pir, edges } = createPIR({ retriggers });
      pir.motion();
      clock.advance(1500);
      pir.motion();
      clock.advance(5000);
      return edges;
    };
    expect(run(true)).toEqual(["high at 0", "low at 3500"]);
    expect(run(false)).toEqual(["high at 0", "low at 2000"]);
  });

  it("is blind for its block time after the output fell", () => {
    const { clock, pir, edges } = createPIR();
    pir.motion();
    clock.advance(2400);
    pir.motion();
    expect(pir.isHigh).toBe(false);
    clock.advance(100);
    pir.motion();
    expect(edges).toEqual(["high at 0", "low at 2000", "high at 2500"]);
  });

  it("is blind while it warms up, also after a power cycle", () => {
    const { board, clock, pir } = createPIR({ warmUpTime: 1000 });
    pir.motion();
    expect(pir.isHigh).toBe(false);
    clock.advance(1000);
    pir.motion();
    expect(pir.isHigh).toBe(true);
    board.reset();
    pir.motion();
    expect(pir.isHigh).toBe(false);
  });

  it("wakes the firmware with both edges", () => {
    const { board, clock, pir } = createPIR();
    const { Digital } = board.provider.io;
    const levels: number[] = [];
    new Digital({
      pin: 4,
      mode: Digital.Input,
      edge: Digital.Rising | Digital.Falling,
      onReadable() {
        levels.push(this.read());
      },
    });
    pir.motion();
    clock.advance(5000);
    expect(levels).toEqual([1, 0]);
  });

  it("lets go of its pin and of the clock when detached", () => {
    const { board, clock, pir } = createPIR();
    pir.motion();
    board.detach(pir);
    expect(board.pin(4).level).toBeUndefined();
    expect(clock.pending).toBe(0);
    expect(() => pir.motion()).toThrow("not attached");
  });
});
