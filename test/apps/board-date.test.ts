import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import BoardDate, { type BoardDateOptions } from "../../device/apps/board-date";
import { clock } from "../support/timer";

const NOW = Date.UTC(2026, 10, 23);

type Callback = ConstructorParameters<BoardDateOptions["io"]>[1];

class FakeSNTP {
  static readonly time = 1;
  static readonly retry = 2;
  static readonly error = -1;
  static readonly asked: FakeSNTP[] = [];
  readonly hosts: string[];
  readonly #callback: Callback;
  closed = false;

  constructor(options: { host: string }, callback: Callback) {
    this.hosts = [options.host];
    this.#callback = callback;
    FakeSNTP.asked.push(this);
  }

  close(): void {
    this.closed = true;
  }

  answer(seconds: number): void {
    this.#callback(FakeSNTP.time, seconds);
  }

  retry(): void {
    this.#callback(FakeSNTP.retry);
  }

  /** @returns the next host that is asked */
  fail(): string | undefined {
    const next = this.#callback(FakeSNTP.error, "no answer" as unknown as number);
    if (next) this.hosts.push(next);
    return next ?? undefined;
  }
}

let known: number;
let date: BoardDate;
const set: number[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 5_000 });
  FakeSNTP.asked.length = 0;
  set.length = 0;
  known = 0;
});

afterEach(() => {
  date.close();
  expect(clock.pending).toBe(0);
  vi.useRealTimers();
});

function learn(options: Partial<BoardDateOptions> = {}): FakeSNTP {
  const time = {
    set(seconds: number): void {
      set.push(seconds);
      vi.setSystemTime(seconds * 1_000);
    },
  };
  date = new BoardDate({ io: FakeSNTP, time, random: () => 1 - Number.EPSILON, ...options });
  date.learn(() => {
    known += 1;
  });
  return FakeSNTP.asked.at(-1)!;
}

describe("the date of a board", () => {
  it("that knows it is asked for nowhere", () => {
    vi.setSystemTime(NOW);
    expect(learn()).toBeUndefined();
    expect(known).toBe(1);
  });

  it("comes from a time server, and sets the clock before anybody is told", () => {
    const sntp = learn({ servers: ["time.test"] });
    expect(sntp.hosts).toEqual(["time.test"]);
    sntp.retry();
    expect(known).toBe(0);
    sntp.answer(NOW / 1_000);
    expect(set).toEqual([NOW / 1_000]);
    expect(known).toBe(1);
  });

  it("comes from pool.ntp.org where no server is set", () => {
    expect(learn({ servers: [] }).hosts).toEqual(["pool.ntp.org"]);
  });

  it("is asked for at the next server where one has no answer", () => {
    const sntp = learn({ servers: ["a.test", "b.test"] });
    expect(sntp.fail()).toBe("b.test");
    sntp.answer(NOW / 1_000);
    expect(known).toBe(1);
  });

  it("is asked for again after 1, 2, 4 ... 60 s, from the first server on, when none answers", () => {
    learn({ servers: ["a.test", "b.test"] });
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const { length } = FakeSNTP.asked;
      const sntp = FakeSNTP.asked.at(-1)!;
      expect([sntp.fail(), sntp.fail()]).toEqual(["b.test", undefined]);
      clock.advance(seconds * 1_000 - 1);
      expect(FakeSNTP.asked).toHaveLength(length);
      clock.advance(1);
      expect(FakeSNTP.asked).toHaveLength(length + 1);
      expect(FakeSNTP.asked.at(-1)?.hosts).toEqual(["a.test"]);
    }
    FakeSNTP.asked.at(-1)?.answer(NOW / 1_000);
    expect(known).toBe(1);
  });

  it("waits half as long with the shortest jitter", () => {
    learn({ random: () => 0 }).fail();
    clock.advance(499);
    expect(FakeSNTP.asked).toHaveLength(1);
    clock.advance(1);
    expect(FakeSNTP.asked).toHaveLength(2);
  });

  it("is nobody's concern after close, neither while a server is asked nor between attempts", () => {
    const sntp = learn();
    date.close();
    expect(sntp.closed).toBe(true);
    const other = learn();
    other.fail();
    date.close();
    clock.advance(60_000);
    expect([FakeSNTP.asked.length, known]).toEqual([2, 0]);
  });
});
