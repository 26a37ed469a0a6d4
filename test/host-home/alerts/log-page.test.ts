import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { connectAsync } from "mqtt";
import { chromium } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { Alerts } from "../../../host-sim/home/alerts/alerts";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { securityHeaders } from "../../../host-sim/home/web/security-headers";
import { WebServer } from "../../../host-sim/home/web/web-server";
import { hasChromium } from "../../browser/chromium";
import { buildThimble } from "../../support/thimble";

beforeAll(buildThimble);

describe.skipIf(!hasChromium)("the log page", () => {
  test("shows what happened and why it was kept quiet, at 360 px, under the app's headers, wherever it is mounted", async () => {
    const directory = await mkdtemp(join(tmpdir(), "thimble-alerts-"));
    const broker = new EmbeddedBroker({ port: 0 });
    await broker.start();
    const { host, port } = broker.address;
    const alerts = new Alerts({ broker: broker.address, directory: join(directory, "state") });
    await alerts.start();
    const routes = new Hono();
    routes.use(securityHeaders());
    routes.route("/alerts", alerts.routes);
    const server = new WebServer({ routes, port: 0 });
    await server.start();
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
    try {
      const camera = await connectAsync({ host, port });
      for (const sequence of [1, 2])
        await camera.publishAsync("home/camera", `{"event_type":"motion","sequence":${sequence}}`, {
          qos: 2,
        });
      await camera.endAsync();
      const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text());
      });
      await page.goto(`${server.address}/alerts/`);
      await page.getByText("camera saw motion, event 1.").waitFor();
      await page.getByText("Kept quiet: cool-down 1 min").waitFor();
      await page.getByText("Nobody to tell").waitFor();
      await page.getByText("Listening to mqtt://").waitFor();
      await page.getByRole("button", { name: "Send a test alert" }).click();
      await page.getByText("This is how an alert arrives.").waitFor();
      await page.getByRole("radio", { name: "Kept quiet" }).check();
      expect(await page.getByRole("listitem").allInnerTexts()).toHaveLength(1);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      expect(width).toBe(360);
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
      await server.stop();
      await alerts.stop();
      await broker.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
