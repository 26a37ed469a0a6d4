import { createServer } from "node:net";
import { Aedes } from "aedes-1";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import {
  BrokerSession,
  type BrokerSessionOptions,
  type Delivered,
} from "../../../host-sim/home/analytics/broker-session";
import { UsageError } from "../../../host-sim/home/usage-error";
import { brokers, type TestBroker } from "../../support/brokers";
import { freePort } from "../../support/mosquitto";

const FILTERS = ["home/temp", "home/+/temp"];

interface TestSession {
  readonly session: BrokerSession;
  readonly delivered: Delivered[];
  readonly sessionPresent: boolean[];
  /** Resolves when so many messages have come. */
  until(count: number): Promise<void>;
}

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function createSession(broker: TestBroker, more: Partial<BrokerSessionOptions> = {}): TestSession {
  const delivered: Delivered[] = [];
  const sessionPresent: boolean[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const session = new BrokerSession({
    broker: broker.address,
    id: "analytics-test",
    topicFilters: FILTERS,
    onConnected: (state) => sessionPresent.push(state.sessionPresent),
    onDelivered(message) {
      delivered.push(message);
      for (const { count, resolve } of waiting) if (delivered.length >= count) resolve();
    },
    onDisconnected: () => {},
    ...more,
  });
  ends.push(() => session.stop());
  const until = (count: number): Promise<void> =>
    delivered.length >= count
      ? Promise.resolve()
      : new Promise((resolve) => waiting.push({ count, resolve }));
  return { session, delivered, sessionPresent, until };
}

async function connectPublisher(broker: TestBroker): Promise<MqttClient> {
  const publisher = await connectAsync(broker.url, { clientId: "publisher" });
  ends.push(() => publisher.endAsync(true));
  return publisher;
}

const texts = (messages: readonly Delivered[]): string[] => messages.map(({ payload }) => String(payload));

describe.each(brokers.filter(({ installed }) => installed))("with $name", ({ name, start }) => {
  async function startBroker(): Promise<TestBroker> {
    const broker = await start();
    ends.push(() => broker.stop());
    return broker;
  }

  it("what is not acknowledged comes again with the same identifier when the session goes on, and what is does not", async () => {
    const broker = await startBroker();
    const publisher = await connectPublisher(broker);
    const first = createSession(broker);
    expect(await first.session.start()).toEqual({
      protocolVersion: 5,
      sessionPresent: false,
      topicFilters: FILTERS,
    });
    for (const text of ["1", "2", "3", "4"])
      await publisher.publishAsync("home/attic/temp", text, { qos: 1 });
    await first.until(4);
    first.session.acknowledge(first.delivered.slice(0, 2));
    await first.session.stop();

    const second = createSession(broker);
    expect((await second.session.start()).sessionPresent).toBe(true);
    await second.until(2);
    await publisher.publishAsync("home/attic/temp", "5", { qos: 1 });
    await second.until(3);
    expect(texts(second.delivered)).toEqual(["3", "4", "5"]);
    expect(second.delivered.slice(0, 2).map(({ packet }) => packet)).toEqual(
      first.delivered.slice(2).map(({ packet }) => packet),
    );
    // Aedes says nothing of it.
    if (name === "mosquitto")
      expect(second.delivered.map(({ duplicate }) => duplicate)).toEqual([true, true, false]);
  });

  it("messages go on coming while none is acknowledged", async () => {
    const broker = await startBroker();
    const publisher = await connectPublisher(broker);
    const { session, delivered, until } = createSession(broker);
    await session.start();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        publisher.publishAsync("home/temp", String(index), { qos: 1 }),
      ),
    );
    await until(20);
    expect(texts(delivered)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
  });

  it("messages of an earlier connection are not acknowledged on this one", async () => {
    const broker = await startBroker();
    const publisher = await connectPublisher(broker);
    const first = createSession(broker);
    await first.session.start();
    await publisher.publishAsync("home/temp", "1", { qos: 1 });
    await first.until(1);
    await first.session.stop();
    const second = createSession(broker);
    await second.session.start();
    await second.until(1);
    second.session.acknowledge(first.delivered.map((message) => ({ ...message, connection: 0 })));
    await second.session.stop();
    const third = createSession(broker);
    await third.session.start();
    await third.until(1);
    expect(texts(third.delivered)).toEqual(["1"]);
  });

  it("a session that is discarded is gone, with what was not acknowledged", async () => {
    const broker = await startBroker();
    const publisher = await connectPublisher(broker);
    const first = createSession(broker);
    await first.session.start();
    await publisher.publishAsync("home/temp", "1", { qos: 1 });
    await first.until(1);
    await first.session.discard();
    const second = createSession(broker);
    expect((await second.session.start()).sessionPresent).toBe(false);
  });

  it("a retained reading is no new one: it does not come, or says that it is retained", async () => {
    const broker = await startBroker();
    const publisher = await connectPublisher(broker);
    await publisher.publishAsync("home/temp", "20", { qos: 1, retain: true });
    const { session, delivered, until } = createSession(broker);
    await session.start();
    await publisher.publishAsync("home/temp", "21", { qos: 1, retain: true });
    await until(1);
    expect(delivered.filter(({ retain }) => !retain).map(({ payload }) => String(payload))).toEqual(["21"]);
  });
});

describe.each(brokers.filter(({ installed, name }) => installed && name === "mosquitto"))(
  "shared by two, with $name",
  ({ start }) => {
    it("each reading goes to one of them", async () => {
      const broker = await start();
      ends.push(() => broker.stop());
      const publisher = await connectPublisher(broker);
      const both = ["a", "b"].map((id) => createSession(broker, { id, share: "analytics" }));
      for (const { session } of both)
        expect((await session.start()).topicFilters).toEqual([
          "$share/analytics/home/temp",
          "$share/analytics/home/+/temp",
        ]);
      const numbers = Array.from({ length: 40 }, (_, index) => String(index));
      for (const text of numbers) await publisher.publishAsync("home/attic/temp", text, { qos: 1 });
      while (both.reduce((sum, { delivered }) => sum + delivered.length, 0) < 40)
        await Promise.race(both.map(({ delivered, until }) => until(delivered.length + 1)));
      expect(both.every(({ delivered }) => delivered.length > 0)).toBe(true);
      expect(both.flatMap(({ delivered }) => texts(delivered)).sort()).toEqual([...numbers].sort());
    });

    it("a session that was not shared before does not get readings twice", async () => {
      const broker = await start();
      ends.push(() => broker.stop());
      const publisher = await connectPublisher(broker);
      const alone = createSession(broker);
      await alone.session.start();
      await alone.session.stop();
      const shared = createSession(broker, { share: "analytics" });
      await shared.session.start();
      for (const text of ["1", "2", "3"]) await publisher.publishAsync("home/temp", text, { qos: 1 });
      await shared.until(3);
      expect(texts(shared.delivered)).toEqual(["1", "2", "3"]);
    });
  },
);

it("a broker without shared subscriptions sends everything, and the topic filters say so", async () => {
  const aedes = brokers.find(({ name }) => name === "Aedes")!;
  const broker = await aedes.start();
  ends.push(() => broker.stop());
  const { session } = createSession(broker, { share: "analytics" });
  expect((await session.start()).topicFilters).toEqual(FILTERS);
});

describe("a broker that speaks only 3.1.1", () => {
  async function startOld(): Promise<TestBroker> {
    const aedes = await Aedes.createBroker();
    const server = createServer((socket) => aedes.handle(socket));
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    ends.push(() => new Promise((resolve) => aedes.close(() => server.close(() => resolve(undefined)))));
    return { address: { host: "127.0.0.1", port }, url: `mqtt://127.0.0.1:${port}` } as TestBroker;
  }

  it("is spoken to in 3.1.1, and asked for no shared subscription", async () => {
    const broker = await startOld();
    const publisher = await connectPublisher(broker);
    const { session, until } = createSession(broker, { share: "analytics" });
    expect(await session.start()).toEqual({
      protocolVersion: 4,
      sessionPresent: false,
      topicFilters: FILTERS,
    });
    await publisher.publishAsync("home/temp", "21.5", { qos: 1 });
    await until(1);
  });

  it("sends copies from before the subscription, and what it kept for the session: the one is told from the other", async () => {
    const broker = await startOld();
    const publisher = await connectPublisher(broker);
    const publish = (text: string): Promise<unknown> =>
      publisher.publishAsync("home/temp", text, { qos: 1, retain: true });
    await publish("1");
    const first = createSession(broker);
    const { topicFilters: granted } = await first.session.start();
    await publish("2");
    await first.until(2);
    first.session.acknowledge(first.delivered);
    expect(first.delivered.map(({ retain }) => retain)).toEqual([true, false]);
    await first.session.stop();

    await publish("3");
    await publish("4");
    const second = createSession(broker, { granted });
    expect((await second.session.start()).sessionPresent).toBe(true);
    await second.until(2);
    await publish("5");
    await second.until(3);
    expect(texts(second.delivered)).toEqual(["3", "4", "5"]);
    expect(second.delivered.some(({ retain }) => retain)).toBe(false);
  });
});

it("a broker that is not there is named", async () => {
  const port = await freePort();
  const { session } = createSession({ address: { host: "127.0.0.1", port } } as TestBroker);
  const started = session.start();
  await expect(started).rejects.toThrow(UsageError);
  await expect(started).rejects.toThrow(
    `cannot use the broker at mqtt://127.0.0.1:${port}: connect ECONNREFUSED`,
  );
});
