import { describe, expect, test } from "vitest";
import { KeepAlive, LOST, PING, PING_TIMEOUT, WAIT } from "../../device/mqtt/keep-alive";

/** Runs until `advance` says something else than WAIT, or for `limit` ms. @returns [action, ms] */
function run(keepAlive: KeepAlive, limit: number, each: () => void = () => {}): [number, number] {
  let time = 0;
  while (time < limit) {
    each();
    time += keepAlive.due;
    const action = keepAlive.advance();
    if (action !== WAIT) return [action, time];
  }
  return [WAIT, time];
}

describe.each([1000, 4000, 7000, 10_000, 24_000, 60_000, 1_200_000])(
  "with an interval of %i ms",
  (interval) => {
    test("an idle connection is pinged within the interval [MQTT-3.1.2-23]", () => {
      const [action, time] = run(new KeepAlive(interval), 2 * interval);
      expect(action).toBe(PING);
      expect(time).toBeLessThanOrEqual(interval);
      expect(time).toBeGreaterThan(interval * 0.8);
    });

    test("it is lost exactly 5 s after a ping that nothing follows", () => {
      const keepAlive = new KeepAlive(interval);
      run(keepAlive, 2 * interval);
      let elapsed = 0;
      let action = WAIT;
      while (action !== LOST) {
        elapsed += keepAlive.due;
        action = keepAlive.advance();
      }
      expect(elapsed).toBe(PING_TIMEOUT);
    });

    test("[MQTT-3.1.2-23] traffic both ways needs no ping; sending alone, or receiving alone, does within the interval", () => {
      const both = new KeepAlive(interval);
      const sending = new KeepAlive(interval);
      const receiving = new KeepAlive(interval);
      const limit = 10 * interval;
      expect(
        run(both, limit, () => {
          both.sent();
          both.received();
        })[0],
      ).toBe(WAIT);
      for (const [action, time] of [
        run(sending, limit, () => sending.sent()),
        run(receiving, limit, () => receiving.received()),
      ]) {
        expect(action).toBe(PING);
        expect(time).toBeLessThanOrEqual(interval);
      }
    });

    test("anything received after a ping keeps the connection", () => {
      const keepAlive = new KeepAlive(interval);
      for (let count = 0; count < 20; count += 1) {
        expect(run(keepAlive, 2 * interval)[0]).toBe(PING);
        keepAlive.received();
      }
    });
  },
);
