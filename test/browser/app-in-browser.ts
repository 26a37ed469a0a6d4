import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";
import { buildPages } from "../../host-sim/build-pages.mjs";
import { Alerts } from "../../host-sim/home/alerts/alerts";
import type { BrokerAddress } from "../../host-sim/home/broker/broker-address";
import { House } from "../../host-sim/home/house/house";
import { MobileApp } from "../../host-sim/home/mobile-app/mobile-app";
import { ROOT } from "../support/thimble";

const EXECUTABLE = "/usr/bin/chromium";
/** Whatever a page is to show comes within, ms. */
const TIMEOUT = 15_000;
/** Kept as artefacts of a run. */
export const SCREENSHOTS: string = join(ROOT, ".cache/screenshots");

/** A whole house: boards, broker, alerts, and the app as it is built from the sources now. */
export class HouseWithApp {
  readonly house: House;
  readonly broker: BrokerAddress;
  readonly alerts: Alerts;
  /** Where the pages and what the alerts keep are. */
  readonly directory: string;
  app: MobileApp;

  private constructor(
    house: House,
    broker: BrokerAddress,
    alerts: Alerts,
    app: MobileApp,
    directory: string,
  ) {
    this.house = house;
    this.broker = broker;
    this.alerts = alerts;
    this.app = app;
    this.directory = directory;
  }

  static async start(): Promise<HouseWithApp> {
    const directory = await mkdtemp(join(tmpdir(), "thimble-browser-"));
    await buildPages(directory);
    const house = new House({ port: 0, interval: 200, seed: 1, visitor: false });
    let broker: BrokerAddress | undefined;
    await house.start(async (addresses) => {
      broker = addresses.broker;
      return {};
    });
    const alerts = new Alerts({ broker: broker!, directory: join(directory, "alerts"), loopbackPush: true });
    await alerts.start();
    const app = createApp(broker!, alerts, directory, 0);
    await app.start();
    return new HouseWithApp(house, broker!, alerts, app, directory);
  }

  /** The app is started again at the same address: nobody is signed in any more. */
  async restartApp(): Promise<void> {
    const { port } = new URL(this.app.address);
    await this.app.stop();
    this.app = createApp(this.broker, this.alerts, this.directory, Number(port));
    await this.app.start();
  }

  /** The lamp's PWM duty as last written, in steps. */
  get duty(): number {
    const entries = this.house.board("smart-light").journal.entries({ device: "pwm", operation: "write" });
    return entries.at(-1)?.value ?? 0;
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.alerts.stop();
    await this.house.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function createApp(broker: BrokerAddress, alerts: Alerts, directory: string, port: number): MobileApp {
  const page = join(directory, "mobile-app");
  return new MobileApp({ broker, port, directory: page, services: { alerts: alerts.routes } });
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  });
}

export interface PhoneOptions {
  readonly width: number;
  readonly height: number;
  readonly colorScheme?: "light" | "dark";
}

/** One phone: a browser of its own, with the page in it, and what it complains about. */
export class Phone {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly problems: string[] = [];
  /** Where its requests went. */
  readonly origins: Set<string> = new Set();

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      // What a phone without a network says of it is no problem.
      if (message.type() === "error" && !message.text().includes("ERR_INTERNET_DISCONNECTED"))
        this.problems.push(message.text());
    });
    context.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== "blob:" && protocol !== "data:") this.origins.add(origin);
    });
  }

  static async open(
    browser: Browser,
    { width, height, colorScheme = "light" }: PhoneOptions,
  ): Promise<Phone> {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme,
      deviceScaleFactor: 2,
    });
    context.setDefaultTimeout(TIMEOUT);
    await context.grantPermissions(["notifications"]);
    return new Phone(context, await context.newPage());
  }

  /** Follows the address that the house prints, and presses the button. */
  async signIn({ app }: HouseWithApp): Promise<void> {
    await this.page.goto(`${app.address}/#code=${app.guestCode}`);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.getByText("Live", { exact: true }).waitFor();
  }

  /** The browser tells the page itself, unless the machine that runs it has no network either. */
  async loseNetwork(): Promise<void> {
    const knew = await this.page.evaluate("navigator.onLine");
    await this.context.setOffline(true);
    if (!knew) await this.page.evaluate("dispatchEvent(new Event('offline'))");
  }

  async findNetwork(): Promise<void> {
    await this.context.setOffline(false);
    if (!(await this.page.evaluate("navigator.onLine")))
      await this.page.evaluate("dispatchEvent(new Event('online'))");
  }

  /** The number on a card, as text. */
  text(testId: "temperature" | "lamp-state"): Promise<string> {
    return this.page.getByTestId(testId).innerText();
  }

  /** Resolves when the number on a card is this one. */
  async shows(testId: "temperature" | "lamp-state", text: string): Promise<void> {
    await this.page.getByTestId(testId).filter({ hasText: text }).waitFor();
  }

  screenshot(name: string): Promise<Buffer> {
    return this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  devTools(): Promise<CDPSession> {
    return this.context.newCDPSession(this.page);
  }
}

/** Resolves when `condition` holds; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
