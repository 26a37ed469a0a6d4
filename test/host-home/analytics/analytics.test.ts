import { connectAsync } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { Analytics, type AnalyticsEvent } from "../../../host-sim/home/analytics/analytics";
import { BrokerSession } from "../../../host-sim/home/analytics/broker-session";
import { Database } from "../../../host-sim/home/analytics/database";
import { Intake } from "../../../host-sim/home/analytics/intake";
import { Judge } from "../../../host-sim/home/analytics/judge";
import { TOPIC_FILTERS } from "../../../host-sim/home/analytics/reading";
import { Store } from "../../../host-sim/home/analytics/store";
import { patientBrokers } from "./patient-brokers";
import { temporaryFile } from "./temporary-database";

/** Counts to a number, which somebody waits for. */
class Counter {
  #count = 0;
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  add(count: number): void {
    this.#count += count;
    for (const one of this.#waiting) if (this.#count >= one.count) one.resolve();
  }

  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve });
      this.add(0);
    });
  }
}

/** A service that is killed after the commit, before the acknowledgement. */
async function storeWithoutAcknowledging(
  broker: { host: string; port: number },
  file: string,
  publish: () => Promise<unknown>,
  count: number,
): Promise<void> {
  const stored = new Counter();
  const database = await Database.open({ file, timeZone: "UTC" });
  const store = new Store(database);
  const judge = new Judge(await store.state());
  const intake = new Intake({
    judge,
    store,
    session: { acknowledge: () => {} },
    onStored: ({ readings }) => stored.add(readings.length),
  });
  const session = new BrokerSession({
    broker,
    id: database.sessionId,
    topicFilters: TOPIC_FILTERS,
    onConnected: ({ sessionPresent }) => judge.connected(sessionPresent),
    onDelivered: (message) => intake.take(message),
    onDisconnected: () => {},
  });
  await session.start();
  await publish();
  await stored.until(count);
  await session.stop();
  await database.close();
}

function countStored(counter: Counter): (event: AnalyticsEvent) => void {
  return (event) => {
    if (event.event === "stored") counter.add(event.readings + event.incidents.length);
  };
}

describe.each(patientBrokers.filter(({ installed }) => installed))("with $name", ({ start }) => {
  it("what was committed and not acknowledged comes again, and is counted once", async () => {
    const broker = await start();
    onTestFinished(() => broker.stop());
    const publisher = await connectAsync(broker.url);
    onTestFinished(() => publisher.endAsync(true));
    const file = await temporaryFile();
    const publish = (count: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: count }, () => publisher.publishAsync("home/attic/temp", "21.5", { qos: 1 })),
      );
    await storeWithoutAcknowledging(broker.address, file, () => publish(20), 20);

    const stored = new Counter();
    const analytics = new Analytics({ broker: broker.address, file, onEvent: countStored(stored) });
    await analytics.start();
    await stored.until(20);
    await publish(5);
    await stored.until(25);
    expect(await analytics.store?.counts()).toEqual({ readings: 25, incidents: { duplicate: 20 } });
    await analytics.stop();
  });

  it("readings of the time when the service was away come when it is back", async () => {
    const broker = await start();
    onTestFinished(() => broker.stop());
    const publisher = await connectAsync(broker.url);
    onTestFinished(() => publisher.endAsync(true));
    const file = await temporaryFile();
    const first = new Analytics({ broker: broker.address, file });
    await first.start();
    await first.stop();
    for (const text of ["20", "20.5", "21"])
      await publisher.publishAsync("home/temp", text, { qos: 1, retain: true });
    const stored = new Counter();
    const second = new Analytics({ broker: broker.address, file, onEvent: countStored(stored) });
    await second.start();
    await stored.until(3);
    expect(await second.store?.counts()).toEqual({ readings: 3, incidents: {} });
    await second.stop();
  });
});
