import { expect, it, onTestFinished, vi } from "vitest";
import type { Delivered } from "../../../host-sim/home/analytics/broker-session";
import { Intake } from "../../../host-sim/home/analytics/intake";
import { Judge } from "../../../host-sim/home/analytics/judge";
import type { Batch } from "../../../host-sim/home/analytics/store";

interface TestIntake {
  readonly intake: Intake;
  /** `write 2`, `acknowledge 1,2`, in the order that they happened. */
  readonly calls: string[];
  readonly batches: Batch[];
  readonly failures: string[];
  /** Ends the write under way. */
  finish(error?: Error): Promise<void>;
  take(...packets: (number | null)[]): void;
}

function setUp(): TestIntake {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const calls: string[] = [];
  const batches: Batch[] = [];
  const failures: string[] = [];
  let settle: ((error?: Error) => void) | undefined;
  const intake = new Intake({
    judge: new Judge({ devices: new Map(), newest: 0n, deliveries: [], granted: [] }),
    store: {
      append(batch) {
        calls.push(`write ${batch.readings.length + batch.incidents.length}`);
        batches.push(batch);
        return new Promise((resolve, reject) => {
          settle = (error) => (error ? reject(error) : resolve());
        });
      },
    },
    session: { acknowledge: (messages) => calls.push(`acknowledge ${messages.map(({ packet }) => packet)}`) },
    onFailure: (error) => failures.push(error.message),
  });
  const take = (...packets: (number | null)[]): void => {
    for (const packet of packets) intake.take(message(packet));
  };
  async function finish(error?: Error): Promise<void> {
    settle?.(error);
    await vi.advanceTimersByTimeAsync(0);
  }
  return { intake, calls, batches, failures, finish, take };
}

function message(packet: number | null, more: Partial<Delivered> = {}): Delivered {
  return {
    topic: "home/temp",
    payload: Buffer.from(String(packet ?? 20)),
    packet,
    duplicate: false,
    retain: false,
    connection: 1,
    ...more,
  };
}

const packets = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index);

it("messages wait 50 ms for each other, are written together, and are acknowledged only when that is done", async () => {
  const { calls, take, finish } = setUp();
  take(1, 2);
  await vi.advanceTimersByTimeAsync(49);
  expect(calls).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls).toEqual(["write 2"]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls).toEqual(["write 2"]);
  await finish();
  expect(calls).toEqual(["write 2", "acknowledge 1,2"]);
});

it("twenty do not wait: a broker may send no more before they are acknowledged", () => {
  const { calls, take } = setUp();
  take(...packets(1, 20));
  expect(calls).toEqual(["write 20"]);
});

it("what comes while a batch is written is the next, in order", async () => {
  const { calls, take, finish } = setUp();
  take(...packets(1, 20));
  take(...packets(21, 30));
  await finish();
  expect(calls).toEqual(["write 20", `acknowledge ${packets(1, 20)}`, "write 30"]);
  await finish();
  expect(calls.at(-1)).toBe(`acknowledge ${packets(21, 30)}`);
});

it("a batch that cannot be written is not acknowledged, and is tried again with what came since", async () => {
  const { calls, take, finish, failures, intake } = setUp();
  take(...packets(1, 20));
  await finish(new Error("the disk is full"));
  take(...packets(21, 25));
  expect(failures).toEqual(["the disk is full"]);
  expect(calls).toEqual(["write 20"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toEqual(["write 20", "write 45"]);
  await finish();
  expect(calls.at(-1)).toBe(`acknowledge ${packets(1, 45)}`);
  expect(intake.counts.readings).toBe(45);
});

it("retained copies and redeliveries are acknowledged and are no readings", async () => {
  const { intake, calls, batches, finish } = setUp();
  intake.take(message(1, { retain: true }));
  intake.take(message(2));
  intake.take(message(2, { duplicate: true }));
  await vi.advanceTimersByTimeAsync(50);
  await finish();
  expect(calls.at(-1)).toBe("acknowledge 1,2,2");
  expect(batches[0]?.readings).toHaveLength(1);
  expect(batches[0]?.incidents).toMatchObject([{ kind: "duplicate" }]);
  expect(intake.counts).toEqual({ readings: 1, retained: 1, batches: 1, duplicate: 1 });
});

it("knows the oldest reading that is not written yet, also the one that is being written", async () => {
  const { intake, take, finish, batches } = setUp();
  expect(intake.oldestPending).toBeUndefined();
  take(...packets(1, 20));
  take(21);
  expect(intake.oldestPending).toBe(batches[0]?.readings[0]?.time);
  await finish();
  expect(intake.oldestPending).toBeGreaterThan(batches[0]!.readings.at(-1)!.time);
});

it("at the end what is pending is written and acknowledged, and what comes later is left to the broker", async () => {
  const { intake, calls, take, finish } = setUp();
  take(1, 2);
  const stopped = intake.stop();
  await vi.advanceTimersByTimeAsync(0);
  await finish();
  await stopped;
  take(3);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls).toEqual(["write 2", "acknowledge 1,2"]);
});

it("the end does not wait for a disk that stays full", async () => {
  const { intake, take, finish, failures } = setUp();
  take(...packets(1, 20));
  await finish(new Error("the disk is full"));
  const stopped = intake.stop();
  await vi.advanceTimersByTimeAsync(0);
  await finish(new Error("the disk is full"));
  await stopped;
  expect(failures).toHaveLength(2);
});
