import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { brightnessOf } from "../../host-sim/home/mobile-app/page/lamp";
import { PushService } from "../host-home/alerts/push-service";
import { HouseWithApp, launchChromium, Phone, until } from "./app-in-browser";
import { hasChromium } from "./chromium";

const POLL = { timeout: 5_000, interval: 20 };

/** Steps of the lamp's PWM for a brightness, 0 to 255: 13 bits, gamma 2.2. */
function dutyOf(brightness: number): number {
  const duty = Math.round((brightness / 255) ** 2.2 * 8_191);
  return brightness > 0 ? Math.max(1, duty) : 0;
}

describe.skipIf(!hasChromium)("the phone app, in headless Chromium", () => {
  let house: HouseWithApp;
  let browser: Browser;
  let phone: Phone;
  beforeAll(async () => {
    [house, browser] = await Promise.all([HouseWithApp.start(), launchChromium()]);
    phone = await Phone.open(browser, { width: 360, height: 780 });
  });
  afterEach(() => {
    expect(phone.problems).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
  });

  test("a wrong code does not sign in, and the page says why; the right one does", async () => {
    const { page } = phone;
    await page.goto(house.app.address);
    await page.getByLabel("Code").fill("AAAA-AAAA");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "not the code of this house" }).waitFor();
    // The refusal is what this test wants.
    phone.problems.length = 0;
    await phone.screenshot("sign-in-360");
    await phone.signIn(house);
    await page.getByText("Smart light").waitFor();
    expect(await page.locator(".devices .online").count()).toBe(3);
  });

  test("the temperature changes as the room's does", async () => {
    house.house.room.setTemperature(27.4, { hold: true });
    await phone.shows("temperature", "27.4");
    house.house.room.setTemperature(19.2, { hold: true });
    await phone.shows("temperature", "19.2");
    const chart = phone.page.getByRole("img", { name: /Chart of the temperature/ });
    expect(await chart.getAttribute("aria-label")).toMatch(/between 19\.\d and 27\.\d °C/);
    house.house.room.releaseTemperature();
  });

  test("the switch switches the lamp, and the page shows what the lamp confirms", async () => {
    expect(await phone.text("lamp-state")).toBe("Off");
    const { host, port } = house.broker;
    const listener = await connectAsync({ host, port, protocolVersion: 5 });
    const expiries: unknown[] = [];
    listener.on("message", (_topic, _payload, packet) =>
      expiries.push(packet.properties?.messageExpiryInterval),
    );
    await listener.subscribeAsync("home/light/set", { qos: 1 });
    await phone.page.getByRole("switch", { name: "Lamp Switch" }).press("Space");
    await phone.shows("lamp-state", "100%");
    await expect.poll(() => house.duty, POLL).toBe(dutyOf(255));
    const slider = phone.page.getByRole("slider", { name: "Brightness" });
    await slider.focus();
    await slider.press("Home");
    await phone.shows("lamp-state", "1%");
    await expect.poll(() => house.duty, POLL).toBe(dutyOf(3));
    await slider.fill("50");
    await phone.shows("lamp-state", "50%");
    await expect.poll(() => house.duty, POLL).toBe(dutyOf(brightnessOf(50)));
    // A broker does not keep a command for a lamp that comes back later than anybody wants the light.
    expect([...new Set(expiries)]).toEqual([10]);
    await listener.endAsync();
  });

  test("a lamp that does not answer stays as it last was, with the reason", async () => {
    const lamp = phone.page.getByRole("switch", { name: "Lamp Switch" });
    const { networkInterface } = house.house.device("smart-light");
    networkInterface.cut();
    await lamp.click();
    await phone.page.getByText("Asking the lamp").waitFor();
    expect(await lamp.getAttribute("aria-busy")).toBe("true");
    expect(await lamp.getAttribute("aria-checked")).toBe("true");
    await phone.page.getByText("The lamp did not answer").waitFor();
    expect(await lamp.getAttribute("aria-busy")).toBe("false");
    expect(await phone.text("lamp-state")).toBe("50%");
    // What is on its way to it arrives when it is back: then the page shows that.
    networkInterface.restore();
    await phone.shows("lamp-state", "Off");
    await lamp.click();
    await phone.shows("lamp-state", "50%");
  });

  test("motion is a picture, an event in the list, and a notification when the app is closed", async () => {
    const push = await PushService.start();
    const subscriber = push.browser();
    // Headless Chromium has no push service of its own: only where it would come from is made up here.
    await phone.page.evaluate(`
      const made = ${JSON.stringify(subscriber.subscription)};
      PushManager.prototype.getSubscription = async () => globalThis.subscribed ? made : null;
      PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
        globalThis.subscribed = applicationServerKey;
        return { ...made, toJSON: () => made };
      };`);
    const alerts = phone.page.getByRole("switch", { name: "Alerts" });
    await alerts.click();
    await phone.page.getByText("This phone is told").waitFor();
    expect(await phone.page.evaluate("globalThis.subscribed")).toMatch(/^[\w-]{87}$/);

    house.house.perform({ time: 0, line: 0, action: "motion" });
    await phone.page.getByText("Somebody moved").first().waitFor();
    await until(() => phone.page.evaluate("document.querySelector('.picture img')?.naturalWidth > 0"));
    await until(() => push.pushed.length > 0);
    expect(push.errors).toEqual([]);

    const devTools = await phone.devTools();
    const registrations: string[] = [];
    devTools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: updated }) =>
      registrations.push(...updated.map(({ registrationId }) => registrationId)),
    );
    await devTools.send("ServiceWorker.enable");
    await until(() => registrations.length > 0);
    await devTools.send("ServiceWorker.deliverPushMessage", {
      origin: house.app.address,
      registrationId: registrations[0]!,
      data: JSON.stringify(push.pushed[0]!.payload),
    });
    const shown = `navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
      .then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))`;
    await until(async () => ((await phone.page.evaluate(shown)) as unknown[]).length > 0);
    const { title, body, tag } = push.pushed[0]!.payload;
    expect(await phone.page.evaluate(shown)).toEqual([{ title, body, tag }]);
    const [worker] = phone.context.serviceWorkers();
    await worker?.evaluate(`registration.getNotifications().then(([notification]) =>
      dispatchEvent(new NotificationEvent("notificationclick", { notification })))`);
    await until(async () => ((await phone.page.evaluate(shown)) as unknown[]).length === 0);
    await push.stop();
  });

  test("it is handsome at 360 px and at 1280 px, light and dark", async () => {
    for (const [width, height] of [
      [360, 780],
      [1280, 900],
    ] as const)
      for (const colorScheme of ["light", "dark"] as const) {
        await phone.page.setViewportSize({ width, height });
        await phone.page.emulateMedia({ colorScheme });
        expect(await phone.page.evaluate("document.documentElement.scrollWidth")).toBe(width);
        await phone.screenshot(`house-${width}-${colorScheme}`);
      }
    await phone.page.emulateMedia({ colorScheme: "light" });
    await phone.page.setViewportSize({ width: 360, height: 780 });
  });

  test("without a network it shows what was last, opens all the same, and sends within the deadline", async () => {
    const { page } = phone;
    await phone.loseNetwork();
    await page.getByText("Offline", { exact: true }).waitFor();
    const before = await phone.text("temperature");
    await page.reload();
    await page.getByText("was online").first().waitFor();
    expect(await phone.text("temperature")).toBe(before);
    expect(await phone.text("lamp-state")).toBe("50%");
    await page.locator(".picture img").waitFor();

    await page.getByRole("switch", { name: "Lamp Switch" }).click();
    await page.getByText("Waiting for the connection").waitFor();
    await phone.screenshot("offline-360");
    expect(house.duty).toBeGreaterThan(0);
    await phone.findNetwork();
    await phone.shows("lamp-state", "Off");
    await expect.poll(() => house.duty, POLL).toBe(0);
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("it can be installed: manifest and service worker are valid", async () => {
    const devTools = await phone.devTools();
    const { errors, data } = await devTools.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    expect(JSON.parse(data!)).toMatchObject({ name: "Thimble", display: "standalone", start_url: "./" });
    const { installabilityErrors } = await devTools.send("Page.getInstallabilityErrors");
    // Playwright's windows are all incognito ones.
    expect(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito")).toEqual([]);
    expect(await phone.page.evaluate("navigator.serviceWorker.controller.state")).toBe("activated");
  });

  test("it asks nobody but the house for anything", () => {
    expect([...phone.origins]).toEqual([house.app.address]);
  });

  test("a new version is offered, and used when the person wants it", async () => {
    await appendFile(join(house.directory, "mobile-app/service-worker.js"), "\n// newer\n");
    await house.restartApp();
    // The sessions of the former run are over, and the page notices.
    await phone.page.getByRole("button", { name: "Sign in" }).waitFor();
    await phone.page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.update())");
    const loadedAnew = phone.page.waitForEvent("load");
    await phone.page.getByRole("button", { name: "Use it now" }).click();
    await loadedAnew;
    await phone.page.getByText("There is a new version").waitFor({ state: "detached" });
    await phone.signIn(house);
    phone.problems.length = 0; // of the moment without a server
  });

  test("who signs out leaves nothing behind on the phone", async () => {
    await phone.page.getByRole("button", { name: "Sign out" }).click();
    await phone.page.getByLabel("Code").waitFor();
    expect(await phone.page.evaluate("Object.keys(localStorage)")).toEqual([]);
    expect(await phone.context.cookies()).toEqual([]);
  });
});
