import { describe, expect, it } from "vitest";
import { xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import type { PWMOptions } from "../../host-sim/board/pwm";
import { createBoard, wrong } from "./support";

describe("the options of PWM", () => {
  const { board } = createBoard();
  const { PWM } = board.provider.io;
  const cases: [string, unknown, new (message?: string) => Error, string][] = [
    ["a missing pin", {}, Error, "invalid"],
    ["a negative pin", { pin: -1 }, RangeError, "negative"],
    ["a pin that the chip does not have", { pin: 24 }, Error, "in use"],
    ["a pin that is input only", { pin: 34 }, Error, "can't configure"],
    ["a frequency of 0", { pin: 25, hz: 0 }, RangeError, "invalid hz"],
    ["a resolution of 0 bits", { pin: 25, resolution: 0 }, RangeError, "invalid resolution"],
    ["a resolution of 21 bits", { pin: 25, resolution: 21 }, RangeError, "invalid resolution"],
    ["too low a frequency", { pin: 25, hz: 16 }, RangeError, "invalid combination of hz and resolution"],
    ["too high a frequency", { pin: 25, hz: 80_000 }, Error, "configure ledc timer failed"],
    ["a channel number above 7", { pin: 25, port: 8 }, RangeError, "invalid port"],
    ["a channel kept from PWM", { pin: 25, port: 0 }, Error, "port unavailable"],
    ["an unknown format", { pin: 25, format: "buffer" }, RangeError, "invalid format"],
  ];
  for (const [what, options, Class, message] of cases)
    it(`${what} throws "${message}" and leaves the pin free`, () => {
      const open = () => new PWM(wrong<PWMOptions>(options));
      expect(open).toThrow(Class);
      expect(open).toThrow(message);
      expect(board.openInstances).toBe(0);
      new PWM({ pin: 25 }).close();
    });

  it("default to 1,024 Hz and 10 bits", () => {
    const pwm = new PWM({ pin: 25, target: "the owner" });
    expect([pwm.hz, pwm.resolution, pwm.target]).toEqual([1024, 10, "the owner"]);
    pwm.close();
  });

  it("allow 14 bits at most on an ESP32-S3", () => {
    const { board: xiao } = createBoard({ description: xiaoESP32S3Sense });
    const { PWM: XiaoPWM } = xiao.provider.io;
    expect(() => new XiaoPWM({ pin: 2, resolution: 15 })).toThrow("invalid resolution");
  });
});

describe("the channels of the LED controller", () => {
  it("are four, and a closed instance gives its own back", () => {
    const { board } = createBoard();
    const { PWM } = board.provider.io;
    const open = [12, 13, 14, 15].map((pin) => new PWM({ pin }));
    expect(() => new PWM({ pin: 25 })).toThrow("no ledc channel");
    open[0]?.close();
    new PWM({ pin: 25 });
  });

  it("share a timer where frequency and resolution are the same", () => {
    const { board } = createBoard({
      description: { ...xiaoESP32S3Sense, pwm: { ...xiaoESP32S3Sense.pwm, timers: 1 } },
    });
    const { PWM } = board.provider.io;
    const first = new PWM({ pin: 1, hz: 1000 });
    new PWM({ pin: 2, hz: 1000 });
    expect(() => new PWM({ pin: 3, hz: 2000 })).toThrow("no timer");
    const faster = new PWM({ pin: 4, hz: 1000 });
    faster.close();
    first.close();
  });
});

describe("a PWM instance", () => {
  it("starts dark and drives the pin with the duty written", () => {
    const { board } = createBoard();
    const { PWM } = board.provider.io;
    const pwm = new PWM({ pin: 25, hz: 5000 });
    expect([board.pin(25).duty, board.pin(25).hz]).toEqual([0, 5000]);
    pwm.write(512);
    expect(board.pin(25).duty).toBe(0.5);
    expect(board.journal.lines()).toEqual(["pwm 25 open", "pwm 25 write 512"]);
  });

  it("is always on at its largest value", () => {
    const { board } = createBoard();
    const { PWM } = board.provider.io;
    new PWM({ pin: 25 }).write(1023);
    expect(board.pin(25).duty).toBe(1);
  });

  it("refuses values outside its resolution", () => {
    const { board } = createBoard();
    const { PWM } = board.provider.io;
    const pwm = new PWM({ pin: 25 });
    expect(() => pwm.write(1024)).toThrow("invalid value");
    expect(() => pwm.write(-1)).toThrow(RangeError);
    expect(board.journal.entries({ operation: "write" })).toEqual([]);
  });

  it("has its pin alone, goes dark when closed, and closes twice without complaint", () => {
    const { board } = createBoard();
    const { PWM, Digital } = board.provider.io;
    const pwm = new PWM({ pin: 25 });
    pwm.write(1000);
    expect(() => new Digital({ pin: 25, mode: Digital.Input })).toThrow("in use");
    expect(() => new PWM({ pin: 25 })).toThrow("in use");
    pwm.close();
    pwm.close();
    expect(board.pin(25).duty).toBe(0);
    expect(() => pwm.write(1)).toThrow(SyntaxError);
    expect(() => pwm.hz).toThrow(SyntaxError);
  });

  it("that is taken over gives its timer to the new one when nobody else uses it", () => {
    const { board } = createBoard();
    const { PWM } = board.provider.io;
    const [first] = [1000, 2000, 3000, 4000].map((hz, index) => new PWM({ pin: 12 + index, hz }));
    const second = new PWM({ from: first, hz: 5000 });
    expect(second.hz).toBe(5000);
    second.close();
    expect(new PWM({ pin: 12, hz: 1000, port: 4 }).hz).toBe(1000);
  });

  it("can be taken over with another frequency, duty kept", () => {
    const { board } = createBoard();
    const { PWM } = board.provider.io;
    const first = new PWM({ pin: 25 });
    first.write(512);
    const second = new PWM({ from: first, hz: 2000 });
    expect([second.hz, second.resolution, board.pin(25).duty]).toEqual([2000, 10, 0.5]);
    expect(() => first.write(1)).toThrow(SyntaxError);
    first.close();
    expect(board.pin(25).duty).toBe(0.5);
    expect(board.openInstances).toBe(1);
  });

  it('has the format "number" and no other', () => {
    const { board } = createBoard();
    const { PWM } = board.provider.io;
    const pwm = new PWM({ pin: 25 });
    expect(pwm.format).toBe("number");
    expect(() => {
      pwm.format = wrong<"number">("buffer");
    }).toThrow(RangeError);
  });
});
