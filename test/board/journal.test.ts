import { describe, expect, it } from "vitest";
import { Journal, type JournalEntry } from "../../host-sim/board/journal";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";

describe("the journal", () => {
  it("keeps what happened with its time", () => {
    const clock = new VirtualClock();
    const journal = new Journal(clock);
    clock.advance(250);
    journal.record({ device: "pwm", pin: 25, operation: "write", value: 512 });
    expect(journal.entries()).toEqual([
      { time: 250, device: "pwm", pin: 25, operation: "write", value: 512 },
    ]);
  });

  it("is bounded: the oldest entries make room and are counted", () => {
    const journal = new Journal(new VirtualClock(), 3);
    for (let value = 1; value <= 5; value += 1)
      journal.record({ device: "digital", pin: 2, operation: "write", value });
    expect(journal.entries().map((entry) => entry.value)).toEqual([3, 4, 5]);
    expect([journal.length, journal.discarded]).toEqual([3, 2]);
    journal.clear();
    expect([journal.length, journal.discarded]).toEqual([0, 0]);
  });

  it("finds entries by device, operation, pin and address", () => {
    const journal = new Journal(new VirtualClock());
    journal.record({ device: "digital", pin: 2, operation: "open" });
    journal.record({ device: "digital", pin: 2, operation: "write", value: 1 });
    journal.record({ device: "digital", pin: 4, operation: "write", value: 1 });
    journal.record({ device: "i2c", address: 0x48, operation: "write", bytes: [0], acknowledged: true });
    expect(journal.entries({ device: "digital", operation: "write" })).toHaveLength(2);
    expect(journal.entries({ operation: "write", pin: 4 })).toHaveLength(1);
    expect(journal.lines({ address: 0x48 })).toEqual(["i2c 48 write 00"]);
  });

  it("shows every entry to its observer as it is made", () => {
    const journal = new Journal(new VirtualClock(), 1);
    const seen: JournalEntry[] = [];
    journal.onEntry = (entry) => seen.push(entry);
    journal.record({ device: "board", operation: "reset" });
    journal.record({ device: "board", operation: "reset" });
    expect(seen).toHaveLength(2);
  });

  it("needs room for one entry", () => {
    expect(() => new Journal(new VirtualClock(), 0)).toThrow(RangeError);
  });
});
