import { describe, expect, it } from "vitest";
import { Board } from "../../../host-sim/board/board";
import { PIRPart } from "../../../host-sim/board/parts/pir";
import { PushButtonPart } from "../../../host-sim/board/parts/push-button";
import { createRandom } from "../../../host-sim/board/random";
import { VirtualClock } from "../../../host-sim/clock/virtual-clock";
import { Visitor } from "../../../host-sim/home/room/visitor";

function createVisitor(seed = 1) {
  const clock = new VirtualClock();
  const events: string[] = [];
  const visitor = new Visitor({
    clock,
    random: createRandom(seed),
    onMotion: () => events.push(`motion ${clock.now()}`),
    onButton: () => events.push(`button ${clock.now()}`),
  });
  return { clock, visitor, events };
}

describe("the visitor", () => {
  it("comes early and presses the button of the lamp on the way", () => {
    const { clock, visitor, events } = createVisitor();
    visitor.start();
    clock.advance(3000);
    expect(events).toEqual([
      "motion 1500",
      "motion 1700",
      "motion 1900",
      "button 1900",
      "motion 2100",
      "motion 2300",
      "motion 2500",
      "motion 2700",
    ]);
  });

  it("is seen by a PIR module twice and switches the lamp twice in ten seconds, whatever the seed", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const clock = new VirtualClock();
      const board = new Board({ clock, random: createRandom(seed) });
      const pir = board.attach(new PIRPart({ pin: 4 }));
      const button = board.attach(new PushButtonPart({ pin: 0 }));
      let motions = 0;
      let presses = 0;
      pir.onChange = (moving) => {
        if (moving) motions += 1;
      };
      const visitor = new Visitor({
        clock,
        random: createRandom(seed),
        onMotion: () => pir.motion(),
        onButton: () => {
          presses += 1;
          button.press();
        },
      });
      visitor.start();
      clock.advance(10_000);
      expect(motions).toBeGreaterThanOrEqual(2);
      expect(presses).toBeGreaterThanOrEqual(2);
    }
  });

  it("comes again at random times that repeat with the seed", () => {
    const run = (seed: number) => {
      const { clock, visitor, events } = createVisitor(seed);
      visitor.start();
      clock.advance(600_000);
      return { visits: visitor.visits, events };
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1).events).not.toEqual(run(2).events);
    expect(run(1).visits).toBeGreaterThan(10);
    expect(run(1).visits).toBeLessThan(60);
  });

  it("crosses the room from 0 to 1 and leaves it empty", () => {
    const { clock, visitor } = createVisitor();
    expect(visitor.position).toBeUndefined();
    visitor.visit();
    visitor.visit();
    expect([visitor.position, visitor.visits]).toEqual([0, 1]);
    clock.advance(600);
    expect(visitor.position).toBeCloseTo(0.5);
    clock.advance(600);
    expect(visitor.position).toBe(1);
    clock.advance(200);
    expect(visitor.position).toBeUndefined();
  });

  it("goes and stays away when stopped", () => {
    const { clock, visitor, events } = createVisitor();
    visitor.start();
    clock.advance(1600);
    visitor.stop();
    expect([visitor.position, clock.pending]).toEqual([undefined, 0]);
    clock.advance(100_000);
    expect(events).toEqual(["motion 1500"]);
  });
});
