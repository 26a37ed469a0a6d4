import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AlertEvent } from "../../../host-sim/home/alerts/alert-event";
import { Alerts } from "../../../host-sim/home/alerts/alerts";
import { parseRules } from "../../../host-sim/home/alerts/rules";
import { parseBrokerAddress } from "../../../host-sim/home/broker/broker-address";
import { Mosquitto, referees } from "../../support/mosquitto";
import { PushService } from "./push-service";

let directory: string;
let broker: Mosquitto;
let push: PushService;
let events: AlertEvent[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-alerts-"));
  push = await PushService.start();
  events = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await broker.stop();
  await push.stop();
  await rm(directory, { recursive: true, force: true });
});

function makeAlerts(onFailure: (error: Error) => void = () => {}): Alerts {
  return new Alerts({
    broker: parseBrokerAddress(broker.url),
    directory,
    rules: parseRules({ motion: { coolDown: "0s" } }, "rules"),
    loopbackPush: true,
    onEvent: (event) => events.push(event),
    onFailure,
  });
}

async function subscribe(alerts: Alerts): Promise<void> {
  await alerts.routes.request("/api/subscriptions", {
    method: "POST",
    body: JSON.stringify(push.browser().subscription),
    headers: { "content-type": "application/json" },
  });
}

async function publish(...sequences: number[]): Promise<void> {
  const { host, port } = broker;
  const publisher = await connectAsync({ host, port });
  for (const sequence of sequences)
    await publisher.publishAsync("home/camera", `{"event_type":"motion","sequence":${sequence}}`, { qos: 2 });
  await publisher.endAsync();
}

function pushed(): (number | undefined)[] {
  return push.pushed.map(({ payload }) => payload.sequence);
}

describe.skipIf(!referees)("trouble", () => {
  test("a disk that takes nothing any more: nothing is acknowledged, the service ends, and the next one tells", async () => {
    broker = await Mosquitto.start();
    const file = await open(join(directory, "probe"), "w");
    const prototype = Object.getPrototypeOf(file) as typeof file;
    await file.close();
    let fail: (error: Error) => void = () => {};
    const failed = new Promise<Error>((resolve) => {
      fail = resolve;
    });
    const alerts = makeAlerts(fail);
    await alerts.start();
    await subscribe(alerts);
    const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    const datasync = vi.spyOn(prototype, "datasync").mockRejectedValue(full);
    await publish(1, 2);
    expect((await failed).message).toContain("ENOSPC");
    expect(events.find(({ event }) => event === "error")).toMatchObject({
      message: expect.stringContaining("nothing can be kept any more"),
    });
    datasync.mockRestore();
    expect(pushed()).toEqual([]);
    const next = makeAlerts();
    await next.start();
    await push.until(({ length }) => length >= 2);
    await next.stop();
    expect(pushed()).toEqual([1, 2]);
  });

  test("a broker that is killed and comes back: the service is there again, with the same session", async () => {
    broker = await Mosquitto.start({ persistence: true });
    const alerts = makeAlerts();
    await alerts.start();
    await subscribe(alerts);
    await publish(1);
    await push.until(({ length }) => length === 1);
    await broker.kill();
    await broker.restart();
    await publish(2, 3);
    await push.until(({ length }) => length >= 3);
    await alerts.stop();
    expect(pushed()).toEqual([1, 2, 3]);
    expect(events.filter(({ event }) => event === "disconnected")).toHaveLength(1);
    expect(events.filter(({ event }) => event === "connected")).toHaveLength(2);
  });
});
