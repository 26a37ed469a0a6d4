import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Mosquitto, referees } from "../support/mosquitto";
import { buildThimble, type Running, thimble } from "../support/thimble";

let directory: string;
let running: Running | undefined;
beforeAll(buildThimble);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-cli-"));
});
afterEach(async () => {
  await running?.kill();
  await rm(directory, { recursive: true, force: true });
});

test("rules that are wrong are told before anything happens", async () => {
  const rules = join(directory, "rules.json");
  await writeFile(rules, '{"motion":{"coolDown":"1 minute"}}');
  running = thimble(
    "alerts",
    "--broker",
    "mqtt://127.0.0.1:1",
    "--state",
    directory,
    "--rules",
    rules,
    "--port",
    "0",
  );
  expect(await running.exit()).toBe(2);
  expect(running.stderr).toBe(
    `thimble: ${rules}: motion.coolDown: "1 minute" is not a time, "30s", "5m" or "2h", 0s to 24h\n`,
  );
});

describe.skipIf(!referees)("with a broker", () => {
  test("prints a line an event, serves the log, keeps a second one out of its folder, and ends with exit 0", async () => {
    const broker = await Mosquitto.start();
    const state = join(directory, "state");
    try {
      running = thimble("alerts", "--broker", broker.url, "--state", state, "--port", "0");
      await running.output((stdout) => stdout.includes("Alerts: "));
      const second = thimble("alerts", "--broker", broker.url, "--state", state, "--port", "0");
      expect(await second.exit()).toBe(2);
      expect(second.stderr).toBe(
        `thimble: ${state} is in use by process ${running.process.pid}: end it, or use another directory\n`,
      );
      const publisher = await connectAsync(broker.url);
      for (const sequence of [1, 2])
        await publisher.publishAsync("home/camera", `{"event_type":"motion","sequence":${sequence}}`, {
          qos: 2,
        });
      await publisher.endAsync();
      await running.output((stdout) => stdout.includes("suppressed"));
      const lines = running.stdout.trimEnd().split("\n");
      expect(lines.every(({ length }) => length <= 80)).toBe(true);
      expect(running.stdout).toMatch(
        /^\d\d:\d\d:\d\d\.\d{3} {2}raised {8}[\w-]{8} {2}Motion at camera, 0 targets$/m,
      );
      expect(running.stdout).toMatch(/suppressed {4}[\w-]{8} {2}motion camera: cool-down 1 min$/m);
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(running.stdout) ?? [];
      const page = await fetch(`${address}/`);
      expect(page.status).toBe(200);
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
      const [asset] = /assets\/index-[\w]+\.js/.exec(await page.text()) ?? [];
      expect((await fetch(`${address}/${asset}`)).headers.get("content-type")).toContain("javascript");
      const stranger = await fetch(`${address}/api/test`, {
        method: "POST",
        headers: { origin: "https://evil.example" },
      });
      expect(stranger.status).toBe(403);
      const { alerts } = (await (await fetch(`${address}/api/alerts`)).json()) as { alerts: unknown[] };
      expect(alerts).toMatchObject([{ sequence: 2, suppressed: "cool-down 1 min" }, { sequence: 1 }]);
      running.process.kill("SIGTERM");
      expect(await running.exit()).toBe(0);
      expect(running.stderr).toBe("");
      await expect(readFile(join(state, "lock"))).rejects.toThrow("ENOENT");
    } finally {
      await running?.kill();
      await broker.stop();
    }
  });
});
