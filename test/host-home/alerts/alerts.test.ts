import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AlertEvent } from "../../../host-sim/home/alerts/alert-event";
import { Alerts, type AlertsOptions } from "../../../host-sim/home/alerts/alerts";
import { parseRules } from "../../../host-sim/home/alerts/rules";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import type { BrokerAddress } from "../../../host-sim/home/broker/broker-address";
import { Authority } from "../../support/certificates";
import { type Browser, PushService } from "./push-service";

let directory: string;
let broker: EmbeddedBroker;
let address: BrokerAddress;
let publisher: MqttClient;
let push: PushService;
let alerts: Alerts | undefined;
let events: AlertEvent[];

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "thimble-alerts-")), "state");
  broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  address = broker.address;
  publisher = await connectAsync({ host: address.host, port: address.port, clientId: "security-camera" });
  push = await PushService.start();
  events = [];
});
afterEach(async () => {
  await alerts?.stop();
  alerts = undefined;
  await publisher.endAsync(true);
  await broker.stop();
  await push.stop();
  await rm(join(directory, ".."), { recursive: true, force: true });
});

async function start(rules: object = {}, options: Partial<AlertsOptions> = {}): Promise<Alerts> {
  alerts = new Alerts({
    broker: address,
    directory,
    rules: parseRules({ motion: { coolDown: "0s" }, ...rules }, "rules"),
    loopbackPush: true,
    onEvent: (event) => {
      events.push(event);
    },
    ...options,
  });
  await alerts.start();
  return alerts;
}

async function stop(): Promise<void> {
  await alerts?.stop();
  alerts = undefined;
}

function request(method: string, path: string, body?: unknown): Promise<Response> {
  return Promise.resolve(
    alerts!.routes.request(path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    }),
  );
}

async function subscribe(browser: Browser = push.browser()): Promise<Browser> {
  const response = await request("POST", "/api/subscriptions", browser.subscription);
  expect(response.status).toBe(201);
  return browser;
}

function motion(sequence: number, topic = "home/camera"): Promise<unknown> {
  return publisher.publishAsync(topic, `{"event_type":"motion","sequence":${sequence}}`, { qos: 2 });
}

function sequences(): (number | undefined)[] {
  return push.pushed.map(({ payload }) => payload.sequence);
}

async function eventOf<Name extends AlertEvent["event"]>(
  name: Name,
): Promise<Extract<AlertEvent, { event: Name }>> {
  return (await until(() => events.find(({ event }) => event === name))) as Extract<
    AlertEvent,
    { event: Name }
  >;
}

async function until<Value>(read: () => Value | undefined | false): Promise<Value> {
  for (;;) {
    const value = read();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("motion", () => {
  test("becomes a push message that only the browser can read, signed by the service", async () => {
    await start();
    const { publicKey } = (await (await request("GET", "/api/vapid-key")).json()) as { publicKey: string };
    await subscribe();
    const before = Date.now();
    await motion(7);
    await push.until(({ length }) => length === 1);
    const { payload, headers, token } = push.pushed[0]!;
    expect(payload).toMatchObject({
      kind: "motion",
      device: "camera",
      title: "Motion at camera",
      body: "camera saw motion, event 7.",
      sequence: 7,
      attempt: 1,
      tag: payload.id,
    });
    expect(payload.time).toBeGreaterThanOrEqual(before);
    expect(payload.id).toMatch(/^[\w-]{22}$/);
    expect(headers.topic).toBe(payload.id);
    expect(headers.urgency).toBe("high");
    expect(Number(headers.ttl)).toBe(86_400);
    expect(headers.authorization).toContain(`k=${publicKey}`);
    expect(token.sub).toBe("mailto:thimble@example.org");
    expect(token.exp).toBeLessThanOrEqual(Date.now() / 1_000 + 86_400);
    expect(push.errors).toEqual([]);
    const sent = await eventOf("sent");
    expect(sent).toMatchObject({ id: payload.id, attempts: 1, to: new URL(push.origin).host });
  });

  test("reaches every browser, over HTTPS too, from cameras of both forms of topic", async () => {
    const authority = await Authority.create("push");
    const { chain, key } = await authority.issue({ commonName: "push", hosts: ["127.0.0.1"] });
    const secure = await PushService.start({ secure: { cert: chain, key } });
    try {
      await start();
      await subscribe();
      await subscribe(secure.browser());
      await motion(1, "home/porch/camera");
      await push.until(({ length }) => length === 1);
      expect(push.pushed[0]!.payload.device).toBe("porch");
      // Its authority is unknown here: a certificate is never taken on trust, and the alert waits.
      const retry = await eventOf("retry");
      expect(retry).toMatchObject({ to: new URL(secure.origin).host });
      expect(retry.reason).toMatch(/certificate/);
      expect(secure.pushed).toEqual([]);
    } finally {
      await stop();
      await secure.stop();
    }
  });

  test("while the service is down is told once, after the start", async () => {
    await start();
    await subscribe();
    await stop();
    await motion(1);
    await motion(2);
    await start();
    await push.until(({ length }) => length === 2);
    expect(sequences()).toEqual([1, 2]);
    await stop();
    await start();
    await motion(3);
    await push.until(({ length }) => length === 3);
    expect(sequences()).toEqual([1, 2, 3]);
  });

  test("that arrives again is told once; a camera that counts anew is heard", async () => {
    await start();
    await subscribe();
    for (const sequence of [1, 2, 3, 3, 2, 1, 2]) await motion(sequence);
    await motion(1, "home/porch/camera");
    await push.until(({ length }) => length === 6);
    expect(sequences().sort()).toEqual([1, 1, 1, 2, 2, 3]);
    expect(events.filter(({ event }) => event === "duplicate")).toHaveLength(2);
  });

  test("from a camera that says when it started is told once, for ever", async () => {
    await start();
    await subscribe();
    for (const boot of [5, 6, 5, 6])
      await publisher.publishAsync("home/camera", `{"event_type":"motion","sequence":1,"boot":${boot}}`, {
        qos: 2,
      });
    await motion(9);
    await push.until(() => sequences().includes(9));
    expect(sequences().filter((sequence) => sequence === 1)).toHaveLength(2);
  });

  test("published with a lower QoS is told too", async () => {
    await start();
    await subscribe();
    await publisher.publishAsync("home/camera", '{"event_type":"motion","sequence":4}', { qos: 1 });
    await push.until(({ length }) => length === 1);
    expect(sequences()).toEqual([4]);
  });

  test.each([
    ["not JSON", "it is not JSON"],
    ["[1]", "it is not a JSON object"],
    ['{"event_type":"sound"}', 'event_type "sound" is not "motion"'],
    [`"${"x".repeat(5_000)}"`, "5002 bytes are more than 4096"],
  ])("that is none (%#) is refused, and what follows is told", async (payload, reason) => {
    await start();
    await subscribe();
    await publisher.publishAsync("home/camera", payload, { qos: 2 });
    await publisher.publishAsync("home/camera", '{"event_type":"motion"}', { qos: 2 });
    await push.until(({ length }) => length === 1);
    expect(await eventOf("refused")).toMatchObject({ topic: "home/camera", reason });
    expect(push.pushed[0]!.payload.body).toBe("camera saw motion.");
  });

  test("that a broker has retained is refused: nobody knows when it happened", async () => {
    await publisher.publishAsync("home/camera", '{"event_type":"motion"}', { qos: 2, retain: true });
    await start();
    expect((await eventOf("refused")).reason).toBe("it is retained, so nobody knows when it happened");
  });
});

describe("a push service", () => {
  test.each([404, 410])(
    "that answers %i has lost the browser: it is removed, with all that waits",
    async (status) => {
      push.answer = ({ payload }) => ({ status: payload.sequence === 1 ? 201 : status });
      await start();
      await subscribe();
      await motion(1);
      await push.until(({ length }) => length === 1);
      await motion(2);
      expect(await eventOf("unsubscribed")).toMatchObject({ reason: `expired: HTTP ${status}` });
      await motion(3);
      await until(() => events.filter(({ event }) => event === "raised").length === 3);
      expect(sequences()).toEqual([1, 2]);
      await stop();
      await start();
      expect((await eventOf("started")).subscriptions).toBe(0);
      const list = await (await request("GET", "/api/subscriptions")).json();
      expect(list).toEqual({ subscriptions: [] });
    },
  );

  test("that cuts the connection is asked again, with the same id", async () => {
    let cuts = 1;
    push.answer = () => ({ status: 201, cut: cuts-- > 0 });
    await start();
    await subscribe();
    await motion(1);
    await push.until(({ length }) => length === 2);
    const [first, second] = push.pushed.map(({ payload }) => payload);
    expect(second!.id).toBe(first!.id);
    expect([first!.attempt, second!.attempt]).toEqual([1, 2]);
  });

  test("that refuses for good is not asked again", async () => {
    push.answer = () => ({ status: 403 });
    await start();
    await subscribe();
    await motion(1);
    expect(await eventOf("failed")).toMatchObject({ reason: "HTTP 403" });
    expect(push.pushed).toHaveLength(1);
  });
});

test("the end does not wait for a push service that never answers, and the next start asks again", async () => {
  push.answer = () => new Promise(() => {});
  await start();
  await subscribe();
  await motion(1);
  await until(() => push.pushed.length === 1);
  const before = performance.now();
  await stop();
  expect(performance.now() - before).toBeLessThan(5_000);
  push.answer = () => ({ status: 201 });
  await start();
  await push.until(({ length }) => length === 2);
  expect(push.pushed.map(({ payload }) => payload.attempt)).toEqual([1, 2]);
});

describe("devices", () => {
  test("that are offline for the rule's time are told of, and that they are back", async () => {
    await start({ offline: { after: "1s" } });
    await subscribe();
    await publisher.publishAsync("home/lamp/status", "offline", { qos: 1, retain: true });
    await push.until(({ length }) => length === 1);
    expect(push.pushed[0]!.payload).toMatchObject({
      kind: "offline",
      device: "lamp",
      title: "lamp is offline",
    });
    // Known over a restart, and not told twice.
    await stop();
    await start({ offline: { after: "1s" } });
    await publisher.publishAsync("home/lamp/status", "online", { qos: 1, retain: true });
    await push.until(({ length }) => length === 2);
    expect(push.pushed[1]!.payload).toMatchObject({ kind: "online", title: "lamp is back" });
  });

  test("that measure a temperature outside the band are told of once", async () => {
    await start({ temperature: { maximum: 30 } });
    await subscribe();
    for (const celsius of ["29.9", "NaN", "30.5", "31.0", "29.0", "32.5"])
      await publisher.publishAsync("home/temp", celsius, { qos: 1 });
    await push.until(({ length }) => length === 2);
    expect(push.pushed.map(({ payload }) => payload.title)).toEqual([
      "thermometer: 30.5 °C",
      "thermometer: 32.5 °C",
    ]);
    expect((await eventOf("refused")).reason).toBe("it is not a temperature");
  });
});

test("a webhook and an ntfy topic are told as well", async () => {
  const { createServer } = await import("node:http");
  const { createHmac } = await import("node:crypto");
  const got: { url: string; headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer(async (incoming, response) => {
    let body = "";
    for await (const chunk of incoming) body += chunk;
    got.push({ url: incoming.url!, headers: incoming.headers, body });
    response.writeHead(200).end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    await start({
      ntfy: { url: `http://127.0.0.1:${port}/secret-topic`, token: "tk_12345678" },
      webhook: { url: `http://127.0.0.1:${port}/hook/abc`, secret: "0123456789" },
    });
    await motion(1, "home/door/camera");
    await until(() => got.length === 2);
    const ntfy = got.find(({ url }) => url === "/secret-topic")!;
    expect(ntfy.body).toBe("door saw motion, event 1.");
    expect(ntfy.headers).toMatchObject({
      title: "Motion at door",
      priority: "high",
      authorization: "Bearer tk_12345678",
    });
    const hook = got.find(({ url }) => url === "/hook/abc")!;
    const alert = JSON.parse(hook.body) as { id: string };
    expect(alert).toMatchObject({ kind: "motion", device: "door", sequence: 1, attempt: 1 });
    expect(hook.headers["idempotency-key"]).toBe(alert.id);
    expect(ntfy.headers["x-sequence-id"]).toBe(alert.id);
    const signed = `${hook.headers["x-thimble-timestamp"]}.${hook.body}`;
    expect(hook.headers["x-thimble-signature"]).toBe(
      `sha256=${createHmac("sha256", "0123456789").update(signed).digest("hex")}`,
    );
    await until(() => events.filter(({ event }) => event === "sent").length === 2);
    expect(JSON.stringify(events)).not.toMatch(/secret-topic|abc|tk_/);
  } finally {
    await stop();
    server.closeAllConnections();
    server.close();
  }
});

test("what the service keeps is for its owner only, and pages and events hold no address and no key", async () => {
  await start();
  const browser = await subscribe();
  await motion(1);
  await push.until(({ length }) => length === 1);
  await eventOf("sent");
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  for (const file of ["alerts.journal", "vapid.json", "lock"])
    expect((await stat(join(directory, file))).mode & 0o777, file).toBe(0o600);
  const { privateKey } = JSON.parse(await readFile(join(directory, "vapid.json"), "utf8")) as {
    privateKey: string;
  };
  const shown = [JSON.stringify(events)];
  for (const path of ["/api/alerts", "/api/subscriptions", "/api/status", "/api/vapid-key"])
    shown.push(await (await request("GET", path)).text());
  const { p256dh, auth } = browser.subscription.keys;
  for (const secret of [browser.path, p256dh, auth, privateKey])
    for (const text of shown) expect(text).not.toContain(secret);
});

test("a broker that is not there is named", async () => {
  await broker.stop();
  await expect(start()).rejects.toThrow(
    `cannot use the broker at mqtt://127.0.0.1:${address.port}: connect ECONNREFUSED 127.0.0.1:${address.port}`,
  );
  await broker.start();
});

test("a session that is not to be kept is gone at the broker", async () => {
  await start({}, { keepSession: false });
  await subscribe();
  await stop();
  await motion(1);
  await start();
  await motion(2);
  await push.until(({ length }) => length === 1);
  expect(sequences()).toEqual([2]);
});
