import { connect, connectAsync, type IConnackPacket } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { type ReceivedMessage, Watcher } from "../../../host-sim/home/observer/watcher";
import { UsageError } from "../../../host-sim/home/usage-error";
import { brokers, type TestBroker } from "../../support/brokers";
import { freePort } from "../../support/mosquitto";

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Messages as they come; `next(n)` resolves when n have come. */
class Inbox {
  readonly messages: ReceivedMessage[] = [];
  #wake: (() => void) | undefined;

  readonly onMessage = (message: ReceivedMessage): boolean => {
    this.messages.push(message);
    this.#wake?.();
    return true;
  };

  async next(count: number): Promise<void> {
    while (this.messages.length < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

describe.each(brokers)("a watcher on $name", ({ installed, start: startBroker }) => {
  async function start(): Promise<TestBroker> {
    const broker = await startBroker();
    endings.push(() => broker.stop());
    return broker;
  }
  const it = test.skipIf(!installed);

  it("counts per topic what the broker forwards, at its QoS", async () => {
    const broker = await start();
    const inbox = new Inbox();
    const watcher = new Watcher({ broker: broker.address, id: "watcher", onMessage: inbox.onMessage });
    await watcher.start();
    endings.push(() => watcher.stop());
    const device = await connectAsync(broker.url);
    await device.publishAsync("home/temp", "21.5", { qos: 1, retain: true });
    await device.publishAsync("home/camera", "motion", { qos: 2 });
    await device.publishAsync("home/temp", "21.6", { qos: 0 });
    await device.publishAsync("elsewhere", "x", { qos: 1 });
    await inbox.next(3);
    expect(watcher.received).toEqual(
      new Map([
        ["home/temp", 2],
        ["home/camera", 1],
      ]),
    );
    const seen = inbox.messages.map(({ topic, QoS, retain, payload }) => [
      topic,
      QoS,
      retain,
      String(payload),
    ]);
    expect(seen).toEqual(
      expect.arrayContaining([
        ["home/temp", 1, false, "21.5"],
        ["home/camera", 2, false, "motion"],
        ["home/temp", 0, false, "21.6"],
      ]),
    );
    await device.endAsync();
  });

  it("is back within 500 ms of the broker, subscribed, though the broker forgot it", async () => {
    const broker = await start();
    const inbox = new Inbox();
    let returns = 0;
    let wake: () => void = () => {};
    const watcher = new Watcher({
      broker: broker.address,
      id: "watcher",
      onMessage: inbox.onMessage,
      onReconnected: () => {
        returns += 1;
        wake();
      },
      onDisconnected: () => wake(),
    });
    await watcher.start();
    endings.push(() => watcher.stop());
    await broker.kill();
    while (watcher.connected) await new Promise<void>((resolve) => (wake = resolve));
    await broker.restart();
    // What a device does whose back-off is as short as it can be.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const device = await connectAsync(broker.url);
    await device.publishAsync("home/camera", "motion", { qos: 2 });
    await inbox.next(1);
    expect(returns).toBe(1);
    await device.endAsync();
  });

  it("leaves no session behind", async () => {
    const broker = await start();
    const watcher = new Watcher({ broker: broker.address, id: "watcher", onMessage: () => true });
    await watcher.start();
    await watcher.stop();
    const client = connect(broker.url, { clientId: "watcher", clean: false });
    const { sessionPresent } = await new Promise<IConnackPacket>((resolve) =>
      client.once("connect", resolve),
    );
    expect(sessionPresent).toBe(false);
    await client.endAsync();
  });
});

test("an unreachable broker is named in one line", async () => {
  const port = await freePort();
  const watcher = new Watcher({ broker: { host: "127.0.0.1", port }, id: "watcher", onMessage: () => true });
  const error = await watcher.start().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toBe(
    `cannot use the broker at mqtt://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
  );
});
