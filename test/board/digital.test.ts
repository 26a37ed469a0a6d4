import { describe, expect, it } from "vitest";
import type { DigitalOptions } from "../../host-sim/board/digital";
import { createBoard, wrong } from "./support";

describe("the options of Digital", () => {
  const { board } = createBoard();
  const { Digital } = board.provider.io;
  const cases: [string, unknown, new (message?: string) => Error, string][] = [
    ["a missing pin", { mode: Digital.Input }, Error, "invalid"],
    ["a pin that the chip does not have", { pin: 24, mode: Digital.Input }, Error, "invalid pin"],
    ["a pin beyond the last bank", { pin: 64, mode: Digital.Input }, Error, "invalid bank"],
    ["a missing mode", { pin: 4 }, Error, "invalid"],
    ["an unknown mode", { pin: 4, mode: 7 }, RangeError, "invalid mode"],
    ["an output on a pin that is input only", { pin: 34, mode: Digital.Output }, RangeError, "input only"],
    [
      "onReadable without an edge",
      { pin: 4, mode: Digital.Input, onReadable() {} },
      RangeError,
      "invalid edges",
    ],
    [
      "onReadable that is no function",
      { pin: 4, mode: Digital.Input, onReadable: 1 },
      Error,
      "not a function",
    ],
    ["an unknown format", { pin: 4, mode: Digital.Input, format: "buffer" }, RangeError, "invalid format"],
  ];
  for (const [what, options, Class, message] of cases)
    it(`${what} throws "${message}" and leaves the pin free`, () => {
      const open = () => new Digital(wrong<DigitalOptions>(options));
      expect(open).toThrow(Class);
      expect(open).toThrow(message);
      expect(board.openInstances).toBe(0);
    });

  it("a pin in use throws until the instance that has it is closed", () => {
    const first = new Digital({ pin: 5, mode: Digital.Output });
    expect(() => new Digital({ pin: 5, mode: Digital.Input })).toThrow("in use");
    first.close();
    new Digital({ pin: 5, mode: Digital.Input }).close();
  });

  it("a pin may be an object with the pin in it", () => {
    new Digital({ pin: { pin: 6 }, mode: Digital.Input }).close();
    expect(board.journal.entries({ pin: 6 })).toHaveLength(2);
  });
});

describe("a digital output", () => {
  it("drives its pin with what is written and starts low", () => {
    const { board } = createBoard();
    const { Digital } = board.provider.io;
    const led = new Digital({ pin: 2, mode: Digital.Output });
    expect(board.pin(2).level).toBe(0);
    led.write(1);
    expect(board.pin(2).level).toBe(1);
    led.write(0);
    expect(board.pin(2).level).toBe(0);
    expect(board.journal.lines({ pin: 2 })).toEqual([
      "digital 2 open",
      "digital 2 write 1",
      "digital 2 write 0",
    ]);
  });

  it("starts with its initial value, and inverted when active low", () => {
    const { board } = createBoard();
    const { Digital } = board.provider.io;
    new Digital({ pin: 2, mode: Digital.Output, initialValue: 1 });
    const led = new Digital({ pin: 4, mode: Digital.Output, activeLow: true });
    expect([board.pin(2).level, board.pin(4).level]).toEqual([1, 1]);
    led.write(1);
    expect(board.pin(4).level).toBe(0);
  });

  it("cannot be read, and an input cannot be written", () => {
    const { board } = createBoard();
    const { Digital } = board.provider.io;
    const output = new Digital({ pin: 2, mode: Digital.Output });
    const input = new Digital({ pin: 4, mode: Digital.InputPullUp });
    expect(() => output.read()).toThrow("can't read output");
    expect(() => input.write(1)).toThrow("can't write input");
  });

  it("that is open-drain pulls low or lets a part decide", () => {
    const { board } = createBoard();
    const { Digital } = board.provider.io;
    const line = new Digital({ pin: 4, mode: Digital.OutputOpenDrain, initialValue: 1 });
    expect(board.pin(4).level).toBeUndefined();
    board.pin(4).drive({}, 1);
    expect(board.pin(4).level).toBe(1);
    line.write(0);
    expect(board.pin(4).level).toBe(0);
  });
});

describe("a digital input", () => {
  it("reads its pull resistor until a part drives the line", () => {
    const { board } = createBoard();
    const { Digital } = board.provider.io;
    const up = new Digital({ pin: 4, mode: Digital.InputPullUp });
    const down = new Digital({ pin: 5, mode: Digital.InputPullDown });
    expect([up.read(), down.read()]).toEqual([1, 0]);
    board.pin(4).drive({}, 0);
    board.pin(5).drive({}, 1);
    expect([up.read(), down.read()]).toEqual([0, 1]);
  });

  it("that floats reads noise, the same noise for the same seed", () => {
    const read = () => {
      const { board } = createBoard();
      const { Digital } = board.provider.io;
      const input = new Digital({ pin: 4, mode: Digital.Input });
      return Array.from({ length: 32 }, () => input.read()).join("");
    };
    expect(read()).toMatch(/01|10/);
    expect(read()).toBe(read());
  });

  it("inverts what it reads when active low", () => {
    const { board } = createBoard();
    const { Digital } = board.provider.io;
    const input = new Digital({ pin: 4, mode: Digital.InputPullUp, activeLow: true });
    expect(input.read()).toBe(0);
  });

  it("calls onReadable in a later turn, with the instance as this and its target kept", () => {
    const { board, clock } = createBoard();
    const { Digital } = board.provider.io;
    const calls: unknown[] = [];
    const input = new Digital({
      pin: 4,
      mode: Digital.InputPullDown,
      edge: Digital.Rising | Digital.Falling,
      target: "the owner",
      onReadable() {
        calls.push(this, this.target);
      },
    });
    board.pin(4).drive({}, 1);
    expect(calls).toEqual([]);
    clock.advance(0);
    expect(calls).toEqual([input, "the owner"]);
  });

  it("reports edges since the last call once, with the mask of its pins", () => {
    const { board, clock } = createBoard();
    const { Digital } = board.provider.io;
    const calls: number[] = [];
    new Digital({
      pin: 4,
      mode: Digital.InputPullDown,
      edge: Digital.Rising | Digital.Falling,
      onReadable(triggered: number) {
        calls.push(triggered);
      },
    });
    const part = {};
    for (const level of [1, 0, 1] as const) board.pin(4).drive(part, level);
    clock.advance(0);
    expect(calls).toEqual([1 << 4]);
    expect(board.journal.entries({ pin: 4, operation: "edge" }).map((entry) => entry.value)).toEqual([
      1, 0, 1,
    ]);
  });

  it("reports only the edges asked for, and an active-low pin rises where its voltage falls", () => {
    const { board, clock } = createBoard();
    const { Digital } = board.provider.io;
    const calls: string[] = [];
    const common = { mode: Digital.InputPullUp, edge: Digital.Rising };
    new Digital({ ...common, pin: 4, onReadable: () => calls.push("4") });
    new Digital({ ...common, pin: 5, activeLow: true, onReadable: () => calls.push("5") });
    const part = {};
    const step = (level: 0 | 1) => {
      for (const pin of [4, 5]) board.pin(pin).drive(part, level);
      clock.advance(0);
      return calls.splice(0);
    };
    expect(step(0)).toEqual(["5"]);
    expect(step(1)).toEqual(["4"]);
  });

  it("calls nothing after close, not even for an edge before it", () => {
    const { board, clock } = createBoard();
    const { Digital } = board.provider.io;
    let calls = 0;
    const input = new Digital({
      pin: 4,
      mode: Digital.InputPullDown,
      edge: Digital.Rising,
      onReadable() {
        calls += 1;
      },
    });
    board.pin(4).drive({}, 1);
    input.close();
    board.pin(4).drive({}, 0);
    board.pin(4).drive({}, 1);
    clock.advance(1000);
    expect(calls).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("may be closed in its own callback", () => {
    const { board, clock } = createBoard();
    const { Digital } = board.provider.io;
    let calls = 0;
    new Digital({
      pin: 4,
      mode: Digital.InputPullDown,
      edge: Digital.Rising,
      onReadable() {
        calls += 1;
        this.close();
      },
    });
    board.pin(4).drive({}, 1);
    clock.advance(1000);
    expect(calls).toBe(1);
    expect(board.openInstances).toBe(0);
  });
});

describe("every Digital", () => {
  it("closes twice without complaint and throws on any use after it", () => {
    const { board } = createBoard();
    const { Digital } = board.provider.io;
    const input = new Digital({ pin: 4, mode: Digital.InputPullUp });
    input.close();
    input.close();
    expect(() => input.read()).toThrow(SyntaxError);
    expect(board.journal.lines({ operation: "close" })).toEqual(["digital 4 close"]);
  });

  it('has the format "number" and no other', () => {
    const { board } = createBoard();
    const { Digital } = board.provider.io;
    const input = new Digital({ pin: 4, mode: Digital.Input });
    expect(input.format).toBe("number");
    expect(() => {
      input.format = wrong<"number">("buffer");
    }).toThrow(RangeError);
  });
});

describe("a DigitalBank", () => {
  it("reads several pins of the second bank at once", () => {
    const { board } = createBoard();
    const { DigitalBank } = board.provider.io;
    const bank = new DigitalBank({ bank: 1, pins: 0b11, mode: DigitalBank.InputPullDown });
    board.pin(33).drive({}, 1);
    expect(bank.read()).toBe(0b10);
    bank.close();
  });

  it("takes none of its pins when one of them is in use", () => {
    const { board } = createBoard();
    const { Digital, DigitalBank } = board.provider.io;
    const one = new Digital({ pin: 5, mode: Digital.Input });
    expect(() => new DigitalBank({ pins: 0b11_0000, mode: DigitalBank.Output })).toThrow("in use");
    one.close();
    const both = new DigitalBank({ pins: 0b11_0000, mode: DigitalBank.Output });
    both.write(0b01_0000);
    expect([board.pin(4).level, board.pin(5).level]).toEqual([1, 0]);
  });
});
