import { createECDH, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Alerts } from "../../../host-sim/home/alerts/alerts";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";

let directory: string;
let broker: EmbeddedBroker;
let alerts: Alerts;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-alerts-"));
  broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  alerts = new Alerts({ broker: broker.address, directory: join(directory, "state") });
  await alerts.start();
});
afterEach(async () => {
  await alerts.stop();
  await broker.stop();
  await rm(directory, { recursive: true, force: true });
});

function subscription(endpoint = "https://push.example.org/abc"): {
  endpoint: string;
  keys: { p256dh: string; auth: string };
} {
  const keys = createECDH("prime256v1");
  keys.generateKeys();
  return {
    endpoint,
    keys: { p256dh: keys.getPublicKey("base64url"), auth: randomBytes(16).toString("base64url") },
  };
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  type = "application/json",
): Promise<{ status: number; answer: unknown }> {
  const response = await alerts.routes.request(path, {
    method,
    ...(body === undefined
      ? {}
      : { body: typeof body === "string" ? body : JSON.stringify(body), headers: { "content-type": type } }),
  });
  const text = await response.text();
  return { status: response.status, answer: text === "" ? undefined : JSON.parse(text) };
}

describe("subscriptions", () => {
  test("are added, renewed, listed without their address, and removed", async () => {
    const first = await call("POST", "/api/subscriptions", subscription());
    expect(first.status).toBe(201);
    const again = await call("POST", "/api/subscriptions", { ...subscription(), expirationTime: null });
    expect(again.answer).toEqual(first.answer);
    const list = await call("GET", "/api/subscriptions");
    expect(list.answer).toEqual({
      subscriptions: [{ ...(first.answer as object), host: "push.example.org", created: expect.any(Number) }],
    });
    const endpoint = subscription().endpoint;
    expect((await call("DELETE", "/api/subscriptions", { endpoint })).status).toBe(204);
    expect((await call("DELETE", "/api/subscriptions", { endpoint })).status).toBe(404);
    expect((await call("GET", "/api/subscriptions")).answer).toEqual({ subscriptions: [] });
    const { id } = (await call("POST", "/api/subscriptions", subscription())).answer as { id: string };
    expect((await call("DELETE", `/api/subscriptions/${id}`)).status).toBe(204);
  });

  test.each<[unknown, string]>([
    ["{", "it is not JSON"],
    [{}, "endpoint is missing"],
    ["1", "it is not a push subscription"],
    [{ endpoint: "https://push.example.org/" }, "keys is missing"],
    [{ endpoint: "https://push.example.org/", keys: {} }, "keys.p256dh is missing"],
    [{ endpoint: 1, keys: {} }, "endpoint is not a text"],
    [{ ...subscription(), endpoint: "http://push.example.org/" }, "the endpoint is not an https URL"],
    [{ ...subscription(), endpoint: "https://10.0.0.1/" }, "the endpoint's host is not a public one"],
    [{ ...subscription(), endpoint: "http://127.0.0.1:80/" }, "the endpoint is not an https URL"],
    [
      { ...subscription(), keys: { p256dh: "abc", auth: subscription().keys.auth } },
      "keys.p256dh is not a public key of P-256",
    ],
    [
      { ...subscription(), keys: { ...subscription().keys, auth: "abc" } },
      "keys.auth is not 16 bytes of base64url",
    ],
  ])("that are none are refused (%#)", async (body, error) => {
    expect(await call("POST", "/api/subscriptions", body)).toEqual({ status: 400, answer: { error } });
  });

  test("as another type than JSON, too long, or too many are refused", async () => {
    const plain = await call("POST", "/api/subscriptions", JSON.stringify(subscription()), "text/plain");
    expect(plain.status).toBe(400);
    const long = await call("POST", "/api/subscriptions", `"${"x".repeat(20_000)}"`);
    expect(long).toEqual({ status: 413, answer: { error: "it is too long" } });
    for (let index = 0; index < 100; index += 1)
      await call("POST", "/api/subscriptions", subscription(`https://push.example.org/${index}`));
    const many = await call("POST", "/api/subscriptions", subscription());
    expect(many).toEqual({ status: 409, answer: { error: "there are 100 subscriptions already" } });
  });

  test("bear the name of who is signed in, where the app has mounted the routes", async () => {
    const app = new Hono<{ Variables: { member: string } }>();
    app.use(async (context, next) => {
      context.set("member", "anna");
      await next();
    });
    app.route("/alerts", alerts.routes);
    const response = await app.request("/alerts/api/subscriptions", {
      method: "POST",
      body: JSON.stringify(subscription()),
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(201);
    const { answer } = await call("GET", "/api/subscriptions");
    expect(answer).toMatchObject({ subscriptions: [{ member: "anna" }] });
  });
});

test("a test alert is in the log, with nobody to tell", async () => {
  const { status, answer } = await call("POST", "/api/test");
  expect(status).toBe(202);
  const log = (await call("GET", "/api/alerts?limit=1")).answer;
  expect(log).toMatchObject({ alerts: [{ ...(answer as object), kind: "test", deliveries: [] }] });
  expect((await call("GET", "/api/alerts?limit=0")).status).toBe(400);
  expect((await call("GET", "/api/nothing")).status).toBe(404);
  expect((await call("GET", "/api/status")).answer).toMatchObject({ connected: true, waiting: 0 });
});

test("a service that has stopped says so", async () => {
  await alerts.stop();
  expect(await call("GET", "/api/alerts")).toEqual({
    status: 503,
    answer: { error: "the alert service does not run" },
  });
});
