import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddedBroker } from "../../../host-sim/home/broker";
import { buildThimble, events, thimble } from "../../support/thimble";
import { killRun } from "./kill-run";
import { patientBrokers } from "./patient-brokers";

let directory: string;
beforeAll(async () => {
  await buildThimble();
  directory = await mkdtemp(join(tmpdir(), "thimble-analytics-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe.each(patientBrokers.filter(({ installed }) => installed))(
  "thimble analytics, killed under 500 messages a second from $name",
  ({ name, marksDuplicates, start }) => {
    it("misses no acknowledged reading", async () => {
      const broker = await start();
      const file = join(directory, `${name}.duckdb`);
      const result = await killRun({ broker: broker.url, file, rate: 500, duration: 2, kills: 2 });
      await broker.stop();
      expect(result).toMatchObject({ published: 1_000, acknowledged: 1_000, missing: [] });
      // Without DUP, and with new messages between those that it resends, what comes twice is not always told from what is new.
      if (marksDuplicates) expect(result).toMatchObject({ stored: 1_000, doubled: [] });
    });
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

  it.each([
    [
      ["--broker", "mqtt://127.0.0.1:1"],
      /^thimble: cannot use the broker at mqtt:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/,
    ],
    [["--file", "FOREIGN"], /^thimble: cannot open .* as a DuckDB file: /],
    [["--share", "a/b"], /--share <name>.* is invalid\. a name is 1 to 64 characters without \/, \+ and #/],
    [["--time-zone", "Mars/Base"], /a time zone is written Europe\/Berlin or UTC/],
    [["--minimum", "cold"], /a temperature is a number from -273\.15 to 10000/],
    [["--keep-readings", "0"], /a time to keep is a whole number from 2 to 36525/],
    [["--household", "/nonexistent"], /there is no household in \/nonexistent/],
  ] as const)("refuses %j in one line", async (args, message) => {
    const foreign = join(directory, "foreign.duckdb");
    await writeFile(foreign, "x".repeat(20_000));
    const given = args.map((one) => (one === "FOREIGN" ? foreign : one));
    const others = [
      ...(given.includes("--broker") || given.includes("--household") ? [] : ["--broker", url]),
      ...(given.includes("--file") ? [] : ["--file", join(directory, "refused.duckdb")]),
    ];
    const running = thimble("analytics", "--port", "0", ...given, ...others);
    expect(await running.exit()).toBe(2);
    expect(running.stderr).toMatch(message);
    expect(running.stderr.trim().split("\n")).toHaveLength(1);
  });
});
