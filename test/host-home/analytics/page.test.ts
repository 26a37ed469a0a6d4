import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Analytics } from "../../../host-sim/home/analytics/analytics";
import { Database, timestamp } from "../../../host-sim/home/analytics/database";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { securityHeaders } from "../../../host-sim/home/web/security-headers";
import { WebServer } from "../../../host-sim/home/web/web-server";
import { buildThimble } from "../../support/thimble";

const EXECUTABLE = "/usr/bin/chromium";
const hasChromium = existsSync(EXECUTABLE) || process.env.CI === "true";

/** Two days of two devices, a reading a minute; `attic` has none from 6 to 7 o'clock. */
const DAY = "2026-03-10";

async function fill(file: string): Promise<void> {
  const database = await Database.open({ file, timeZone: "UTC" });
  await database.writer.run("INSERT INTO devices VALUES (1, 'attic'), (2, 'cellar')");
  await database.writer.run(
    `INSERT INTO readings SELECT device, time, round(18 + device + 3 * sin(epoch(time) / 9000), 1), NULL
     FROM (SELECT $start::TIMESTAMP + to_minutes(minute) AS time FROM range(2880) AS minutes(minute)), (VALUES (1), (2)) AS devices(device)
     WHERE NOT (device = 1 AND hour(time) = 6) ORDER BY time`,
    { start: timestamp(BigInt(Date.parse(DAY)) * 1_000n) },
  );
  await database.close();
}

describe.skipIf(!hasChromium)("the page of trends", () => {
  let directory: string;
  let broker: EmbeddedBroker;
  let analytics: Analytics;
  let server: WebServer;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    await buildThimble();
    directory = await mkdtemp(join(tmpdir(), "thimble-trends-"));
    const file = join(directory, "readings.duckdb");
    await fill(file);
    broker = new EmbeddedBroker({ port: 0 });
    await broker.start();
    analytics = new Analytics({
      broker: broker.address,
      file,
      retention: { readings: 36_525, minutes: 36_525 },
    });
    await analytics.start();
    const routes = new Hono();
    routes.use(securityHeaders());
    // As the app mounts it.
    routes.route("/trends", analytics.routes);
    server = new WebServer({ routes, port: 0 });
    await server.start();
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ["--no-sandbox", "--disable-gpu"] });
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    await analytics.stop();
    await broker.stop();
    await rm(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.goto(`${server.address}/trends/#view=day&at=${DAY}`);
    await page.getByRole("slider").waitFor();
  });
  afterEach(async () => {
    await page.close();
    expect(problems.splice(0)).toEqual([]);
  });

  it("shows figures and gaps of each device, and fits into 360 px", async () => {
    const attic = page.getByRole("article").filter({ hasText: "attic" });
    expect(await attic.innerText()).toMatch(
      /Lowest\s+16\.0.°C\s+Mean\s+[\d.]+.°C\s+Highest\s+22\.0.°C\s+Readings\s+1,380/,
    );
    expect(await attic.innerText()).toMatch(/1 gap without readings\s+06:00 to 07:00/);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  });

  it("is moved through with the keyboard, and says what it shows", async () => {
    const slider = page.getByRole("slider");
    await slider.focus();
    await page.keyboard.press("Home");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^00:00; attic [\d.]+.°C; cellar [\d.]+.°C$/);
    await page.keyboard.press("ArrowRight");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^00:01; /);
    for (let hour = 0; hour < 6; hour++) await page.keyboard.press("PageUp");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(
      /^06:01; attic no reading; cellar [\d.]+.°C$/,
    );
    await page.keyboard.press("End");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^23:59; /);
  });

  it("shows another time and fewer devices, and keeps both in its address", async () => {
    await page.getByRole("checkbox", { name: "cellar" }).uncheck();
    await page.getByRole("radio", { name: "Week" }).check();
    await page.getByRole("heading", { name: "9 Mar to 15 March 2026" }).waitFor();
    expect(await page.getByRole("article").count()).toBe(1);
    expect(page.url()).toMatch(/#view=week&at=2026-03-10&hide=cellar$/);
    await page.getByRole("button", { name: "Previous week" }).click();
    await page.getByText("No reading in this week.").waitFor();
    const csv = page.getByRole("link", { name: "CSV" });
    expect(await csv.count()).toBe(0);
    await page.getByRole("button", { name: "Next week" }).click();
    expect(await csv.getAttribute("href")).toContain(
      "api/export.csv?table=hours&from=2026-03-09T00%3A00%3A00.000Z",
    );
    expect(await csv.getAttribute("href")).toMatch(/device=attic$/);
    await page.reload();
    await page.getByRole("heading", { name: "9 Mar to 15 March 2026" }).waitFor();
    expect(await page.getByRole("article").count()).toBe(1);
  });

  it("shows the same as a table", async () => {
    await page.getByText("As a table").click();
    const rows = page.getByRole("region", { name: "Table of attic" }).getByRole("row");
    await expect.poll(() => rows.count()).toBe(401);
    expect(await rows.last().innerText()).toMatch(/^23:59\s+/);
  });

  it("says that the service does not answer", async () => {
    await page.route("**/api/**", (route) => route.abort());
    await page.getByRole("radio", { name: "Year" }).check();
    await page.getByText("The service does not answer; what is shown may be old.").waitFor();
    problems.splice(0);
  });
});
