import { describe, expect, it } from "vitest";
import { Judge, type JudgeOptions, type Verdict } from "../../../host-sim/home/analytics/judge";
import type { Incident } from "../../../host-sim/home/analytics/reading";
import type { StoredState } from "../../../host-sim/home/analytics/store";

const START = 1_790_000_000_000;
const MICROSECONDS = 1_000n;

interface TestJudge {
  readonly judge: Judge;
  readonly incidents: Incident[];
  send(topic: string, text: string, packet?: number | null, duplicate?: boolean): Verdict;
  /** Time passes. */
  pass(milliseconds: number): void;
  /** Somebody sets the clock. */
  set(milliseconds: number): void;
}

function setUp(options: JudgeOptions = {}, state: Partial<StoredState> = {}): TestJudge {
  let now = START;
  let monotonic = 0;
  const incidents: Incident[] = [];
  const judge = new Judge(
    { devices: new Map(), newest: 0n, deliveries: [], granted: [], ...state },
    {
      ...options,
      clock: { now: () => now, monotonic: () => monotonic },
      onIncident: (incident) => incidents.push(incident),
    },
  );
  return {
    judge,
    incidents,
    send: (topic, text, packet = null, duplicate = false) =>
      judge.judge({ topic, payload: Buffer.from(text), packet, duplicate }),
    pass(milliseconds) {
      now += milliseconds;
      monotonic += milliseconds;
    },
    set(milliseconds) {
      now += milliseconds;
    },
  };
}

const kindOf = (verdict: Verdict): string => ("incident" in verdict ? verdict.incident.kind : "reading");
const timeOf = (verdict: Verdict): bigint => ("reading" in verdict ? verdict.reading.time : -1n);

describe("a message", () => {
  it("with a number is a reading of its device at this time", () => {
    expect(setUp().send("home/attic/temp", "21.5", 7)).toEqual({
      reading: { device: 1, time: BigInt(START) * MICROSECONDS, value: 21.5, packet: 7 },
      newDevice: { id: 1, name: "attic" },
    });
  });

  it.each([
    ["home/temp", "nan", "not a number"],
    ["home/temp", "-55.1", "out of range"],
    ["home/temp", "150.1", "out of range"],
    ["home/temp/x", "21.5", "topic"],
    ["home/temp", "-55", "reading"],
    ["home/temp", "150", "reading"],
  ])("on %s with %s is: %s", (topic, text, kind) => {
    expect(kindOf(setUp().send(topic, text))).toBe(kind);
  });

  it("is out of the range that was chosen", () => {
    const { send } = setUp({ minimum: 0, maximum: 30 });
    expect(kindOf(send("home/temp", "-0.1"))).toBe("out of range");
    expect(kindOf(send("home/temp", "30.1"))).toBe("out of range");
  });

  it("is set aside with its topic, payload and Packet Identifier", () => {
    expect(setUp().send("home/attic/temp", "unavailable", 9)).toEqual({
      incident: {
        time: BigInt(START) * MICROSECONDS,
        kind: "not a number",
        topic: "home/attic/temp",
        detail: "unavailable",
        packet: 9,
      },
    });
  });

  it("of one device more than a file may have is set aside", () => {
    const { send } = setUp({ devices: 2 });
    expect(["a", "b", "c", "a"].map((name) => kindOf(send(`home/${name}/temp`, "20")))).toEqual([
      "reading",
      "reading",
      "too many devices",
      "reading",
    ]);
  });

  it("that comes again is a duplicate, whether it was a reading or not", () => {
    const { judge, send } = setUp();
    judge.connected(false);
    send("home/temp", "21.5", 1);
    send("home/temp", "broken", 2);
    judge.connected(true);
    expect(kindOf(send("home/temp", "21.5", 1, true))).toBe("duplicate");
    expect(kindOf(send("home/temp", "broken", 2, true))).toBe("duplicate");
    expect(kindOf(send("home/temp", "21.5", 3, true))).toBe("reading");
  });
});

describe("times", () => {
  it("of one device ascend, even in the same millisecond", () => {
    const { send } = setUp();
    const times = Array.from({ length: 1_500 }, () => timeOf(send("home/temp", "21.5")));
    expect(new Set(times).size).toBe(1_500);
    expect(times).toEqual([...times].sort());
  });

  it("of two devices may be the same", () => {
    const { send } = setUp();
    expect(timeOf(send("home/a/temp", "20"))).toBe(timeOf(send("home/b/temp", "20")));
  });

  it("go on after those in the file, as the roll-ups up to there are complete", () => {
    const { judge, send, set } = setUp();
    judge.complete(BigInt(START) * MICROSECONDS);
    set(-1_500);
    expect(timeOf(send("home/temp", "20"))).toBe(BigInt(START) * MICROSECONDS);
  });
});

describe("when the clock", () => {
  it("leaps, nothing is a reading for a minute, and the leap is told", () => {
    const { send, set, pass, incidents } = setUp();
    send("home/temp", "20");
    set(3_600_000);
    expect(kindOf(send("home/temp", "20"))).toBe("clock");
    pass(60_000);
    expect(kindOf(send("home/temp", "20"))).toBe("reading");
    expect(incidents).toMatchObject([{ kind: "clock jump", detail: "+3600.0 s", topic: null }]);
  });

  it("is set back, nothing is a reading until it is later again than the newest", () => {
    const { send, set, pass, incidents } = setUp();
    send("home/temp", "20");
    set(-600_000);
    pass(120_000);
    expect(kindOf(send("home/temp", "20"))).toBe("clock");
    pass(480_000);
    expect(kindOf(send("home/temp", "20"))).toBe("reading");
    expect(incidents).toMatchObject([{ kind: "clock jump", detail: "-600.0 s" }]);
  });

  it("is behind the file at the start, as on a machine without a battery, nothing is a reading", () => {
    const { send, pass } = setUp({}, { newest: BigInt(START + 10_000) * MICROSECONDS });
    expect(kindOf(send("home/temp", "20"))).toBe("clock");
    pass(10_000);
    expect(kindOf(send("home/temp", "20"))).toBe("reading");
  });
});
