import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { buildThimble, events, thimble } from "../../support/thimble";
import { killRun } from "./kill-run";
import { patientBrokers } from "./patient-brokers";

let directory: string;
beforeAll(async () => {
  await buildThimble();
  directory = await mkdtemp(join(tmpdir(), "thimble-analytics-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it.concurrent.each(patientBrokers.filter(({ installed }) => installed))(
  "thimble analytics, killed under 500 messages a second from $name, misses no acknowledged reading",
  async ({ name, marksDuplicates, start }) => {
    const broker = await start();
    const file = join(directory, `${name}.duckdb`);
    const result = await killRun({ broker: broker.url, file, rate: 500, duration: 2, kills: 2 });
    await broker.stop();
    expect(result).toMatchObject({ published: 1_000, acknowledged: 1_000, missing: [] });
    // Without DUP, and with new messages between those that it resends, what comes twice is not always told from what is new.
    if (marksDuplicates) expect(result).toMatchObject({ stored: 1_000, doubled: [] });
  },
);

describe("thimble analytics", () => {
  let broker: EmbeddedBroker;
  let url: string;
  beforeAll(async () => {
    broker = new EmbeddedBroker({ port: 0 });
    await broker.start();
    url = `mqtt://${broker.address.host}:${broker.address.port}`;
  });
  afterAll(() => broker.stop());

  it("prints what it does as lines of at most 80 characters, and ends cleanly", async () => {
    const publisher = await connectAsync(url);
    const running = thimble(
      "analytics",
      "--broker",
      url,
      "--file",
      join(directory, "lines.duckdb"),
      "--port",
      "0",
    );
    await running.output((text) => text.includes("Trends: "));
    await publisher.publishAsync("home/attic/temp", "unavailable", { qos: 1 });
    await publisher.publishAsync("home/attic/temp", "21.5", { qos: 1 });
    await running.output((text) => text.includes("set aside"));
    await publisher.endAsync();
    running.process.kill("SIGINT");
    expect(await running.exit()).toBe(0);
    expect(running.stderr).toBe("");
    const lines = running.stdout.trimEnd().split("\n");
    expect(lines).toEqual([
      "connected with MQTT 5.0, a new session: home/temp, home/+/temp",
      expect.stringMatching(/^Trends: http:\/\/127\.0\.0\.1:\d+$/),
      "set aside: not a number: home/attic/temp unavailable",
      expect.stringMatching(/^1 readings stored in [12] transactions; set aside: 1 not a number$/),
    ]);
  });

  it("prints events as JSON, serves page and API with strict headers, and keeps a file for itself", async () => {
    const file = join(directory, "json.duckdb");
    const running = thimble(
      "analytics",
      "--broker",
      url,
      "--file",
      file,
      "--port",
      "0",
      "--share",
      "trends",
      "--json",
    );
    await running.output((text) => text.includes('"listening"'));
    const [connected, listening] = events(running.stdout);
    // The embedded broker shares no subscriptions.
    expect(connected).toEqual({
      event: "connected",
      protocolVersion: 5,
      sessionPresent: false,
      topicFilters: ["home/temp", "home/+/temp"],
    });
    const page = await fetch(String(listening?.address));
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).toContain("<title>Trends · Thimble</title>");
    for (const [, path] of html.matchAll(/(?:src|href)="(assets\/[^"]+)"/g))
      expect((await fetch(`${listening?.address}/${path}`)).status).toBe(200);
    const status = await fetch(`${listening?.address}/api/status`);
    expect(status.headers.get("cache-control")).toBe("no-store");
    const second = thimble("analytics", "--broker", url, "--file", file, "--port", "0");
    expect(await second.exit()).toBe(2);
    expect(second.stderr).toBe(
      `thimble: ${file} is in use: DuckDB has one writer a file; end the other, or give this one a file of its own\n`,
    );
    await running.kill("SIGTERM");
  });

  it("says in one line which broker or file it cannot use", async () => {
    const foreign = join(directory, "foreign.duckdb");
    await writeFile(foreign, "x".repeat(20_000));
    const refused = join(directory, "refused.duckdb");
    const both = [
      thimble("analytics", "--port", "0", "--broker", "mqtt://127.0.0.1:1", "--file", refused),
      thimble("analytics", "--port", "0", "--broker", url, "--file", foreign),
    ];
    expect(await Promise.all(both.map((running) => running.exit()))).toEqual([2, 2]);
    expect(both[0]?.stderr).toMatch(
      /^thimble: cannot use the broker at mqtt:\/\/127\.0\.0\.1:1: connect ECONNREFUSED[^\n]*\n$/,
    );
    expect(both[1]?.stderr).toMatch(/^thimble: cannot open \S+ as a DuckDB file: [^\n]*\n$/);
  });
});
