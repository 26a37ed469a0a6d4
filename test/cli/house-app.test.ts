import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { buildThimble, events, ROOT, Running, thimble } from "../support/thimble";

let running: Running | undefined;
beforeAll(buildThimble);
afterEach(() => running?.kill());

/** The event `started`, as soon as it is there. */
async function started(): Promise<Record<string, unknown>> {
  await running!.output((stdout) => events(stdout).some(({ event }) => event === "started"));
  return events(running!.stdout).find(({ event }) => event === "started")!;
}

/** The status of a page of a service, once that has started. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  for (;;) {
    const { status } = await fetch(url, { headers });
    if (status !== 503) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a house tells where its app is, and serves trends and alerts to who has the code", async () => {
  running = thimble("house", "--port", "0", "--interval", "200ms");
  await running.output((stdout) => stdout.includes("Ctrl-C ends"));
  const [, address = "", code] = /App: (\S+)\/#code=(\S+)/.exec(running.stdout) ?? [];
  const response = await fetch(`${address}/api/session`, {
    method: "POST",
    body: JSON.stringify({ name: "guest", password: code }),
  });
  expect(await response.json()).toEqual({ member: "guest", locked: false, trends: true, alerts: true });
  const headers = { cookie: response.headers.get("set-cookie")!.split(";")[0]! };
  expect(await statusOf(`${address}/alerts/api/status`, headers)).toBe(200);
  expect(await statusOf(`${address}/trends/api/devices`, headers)).toBe(200);
  expect(await statusOf(`${address}/trends/`, headers)).toBe(200);
  running.process.kill("SIGINT");
  expect(await running.exit()).toBe(0);
  expect(running.stderr).toBe("");
});

test("its events name the app and never the code, and nothing is left of it", async () => {
  const TMPDIR = await mkdtemp(join(tmpdir(), "thimble-app-"));
  const command = [`${ROOT}dist/thimble.js`, "house", "--port", "0", "--json"];
  running = new Running(process.execPath, command, { TMPDIR });
  const { app } = await started();
  expect(app).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  running.process.kill("SIGINT");
  expect(await running.exit()).toBe(0);
  expect(running.stdout).not.toContain("code=");
  expect(await readdir(TMPDIR)).toEqual([]);
  await rm(TMPDIR, { recursive: true });
});

test("a port of the app that is taken is an error that names it; --bare has no app", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = String((server.address() as AddressInfo).port);
  running = thimble("house", "--port", "0", "--app-port", port);
  expect(await running.exit()).toBe(2);
  expect(running.stderr).toBe(
    `thimble: port ${port} on 127.0.0.1 is in use: free it or choose another with --app-port N (0 takes a free one)\n`,
  );
  server.close();
  running = thimble("house", "--port", "0", "--json", "--bare");
  expect(await started()).not.toHaveProperty("app");
});
