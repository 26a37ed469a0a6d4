import { describe, expect, it } from "vitest";
import { LampPart } from "../../../host-sim/board/parts/lamp";
import { createBoard } from "../support";

describe("a lamp", () => {
  it("gives light in proportion to the duty of its pin, and draws power with it", () => {
    const { board } = createBoard();
    const lamp = board.attach(new LampPart({ pin: 25, watts: 10, standbyWatts: 0.5, lumens: 1000 }));
    const outputs: number[] = [];
    lamp.onChange = (output) => outputs.push(output);
    const { PWM } = board.provider.io;
    const pwm = new PWM({ pin: 25, hz: 5000 });
    expect([lamp.output, lamp.lumens, lamp.watts]).toEqual([0, 0, 0.5]);
    pwm.write(256);
    expect([lamp.output, lamp.lumens, lamp.watts, lamp.hz]).toEqual([0.25, 250, 2.875, 5000]);
    pwm.write(1023);
    expect([lamp.output, lamp.watts]).toEqual([1, 10]);
    expect(outputs).toEqual([0.25, 1]);
  });

  it("is dark when the firmware closes its PWM, at a power cycle, and when detached", () => {
    const { board } = createBoard();
    const lamp = board.attach(new LampPart({ pin: 25 }));
    const { PWM } = board.provider.io;
    for (const end of ["close", "reset", "detach"]) {
      const pwm = new PWM({ pin: 25 });
      pwm.write(1023);
      expect(lamp.output).toBe(1);
      if (end === "close") pwm.close();
      else if (end === "reset") board.reset();
      else board.detach(lamp);
      expect(lamp.output).toBe(0);
    }
  });

  it("follows a digital output as well", () => {
    const { board } = createBoard();
    const lamp = board.attach(new LampPart({ pin: 25 }));
    const { Digital } = board.provider.io;
    new Digital({ pin: 25, mode: Digital.Output, initialValue: 1 });
    expect([lamp.output, lamp.hz]).toEqual([1, 0]);
  });
});
