import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { Alerts } from "../alerts/alerts";
import type { Analytics } from "../analytics/analytics";
import type { BrokerAddress } from "../broker/broker-address";
import type { Household } from "../household/household";
import { MobileApp } from "../mobile-app/mobile-app";
import { UsageError } from "../usage-error";

export type ServiceName = "analytics" | "alerts";

export interface ServicesOptions {
  readonly broker: BrokerAddress;
  /** Locks: HTTPS for the app, certificates for the broker, and a place for what the services keep. */
  readonly household?: Household | undefined;
  /** Of the app; 0 takes a free one. */
  readonly port: number;
  /** Whether it may be a free one instead, where it is in use. Default false. */
  readonly mayMove?: boolean | undefined;
  /** A service cannot work; the others go on. */
  onProblem(service: ServiceName, message: string): void;
}

/** Phones are elsewhere; without a household nobody but this machine gets in. */
const EVERYWHERE = "0.0.0.0";
/** Only the owner, for files and folders that services make. */
const PRIVATE_MASK = 0o077;

/**
 * The other side of a house in one process: the app, the trends and the alerts. What they keep is below the household's folder, or goes
 * with the house.
 */
export class Services {
  readonly #options: ServicesOptions;
  #app: MobileApp | undefined;
  #alerts: Alerts | undefined;
  #analytics: Analytics | undefined;
  /** Removed at the end. */
  #temporary: string | undefined;
  /** What has been begun and is not finished. */
  #starting: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  /**
   * Serves the app. The other services start meanwhile: their pages say so until they run.
   * @throws {UsageError} naming the app's port, when it is in use or not permitted
   */
  async start(): Promise<void> {
    const { broker, household } = this.#options;
    if (household) process.umask(PRIVATE_MASK);
    const directory = await this.#directory();
    this.#alerts = new Alerts({
      broker,
      credentials: household?.credentialsOf("alerts"),
      directory: join(directory, "alerts"),
      vapidKeys: household?.vapidKeys,
      keepSession: household !== undefined,
      onFailure: (error) => this.#options.onProblem("alerts", error.message),
    });
    await this.#startApp();
    this.#starting = Promise.all([
      this.#try("alerts", () => this.#alerts!.start()),
      this.#try("analytics", () => this.#startAnalytics(directory)),
    ]);
  }

  /** Of the app. */
  get address(): string {
    return this.#running.address;
  }

  /** Of the app for other machines; `undefined` where only this one gets in. */
  get outside(): string | undefined {
    const host = this.#options.household?.settings.hosts.at(-1);
    if (host === undefined) return undefined;
    const url = new URL(this.address);
    url.hostname = host;
    return url.origin;
  }

  /** What the guest signs in with; `undefined` with a household. */
  get guestCode(): string | undefined {
    return this.#running.guestCode;
  }

  /** Resolves when every service runs, or has told its problem. */
  async started(): Promise<void> {
    await this.#starting;
  }

  /** Ends all; also after a failed `start()`. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#app?.stop();
    await this.#starting;
    await Promise.all([
      this.#try("alerts", async () => this.#alerts?.stop()),
      this.#try("analytics", async () => this.#analytics?.stop()),
    ]);
    if (this.#temporary !== undefined) await rm(this.#temporary, { recursive: true, force: true });
  }

  get #running(): MobileApp {
    if (!this.#app) throw new Error("the services have not started");
    return this.#app;
  }

  async #directory(): Promise<string> {
    const { household } = this.#options;
    if (household) return household.directory;
    this.#temporary = await mkdtemp(join(tmpdir(), "thimble-house-"));
    return this.#temporary;
  }

  async #startApp(): Promise<void> {
    const { port, mayMove = false } = this.#options;
    this.#app = this.#createApp(port);
    try {
      await this.#app.start();
    } catch (error) {
      if (!mayMove || !(error instanceof UsageError)) throw error;
      this.#app = this.#createApp(0);
      await this.#app.start();
    }
  }

  #createApp(port: number): MobileApp {
    const { broker, household } = this.#options;
    return new MobileApp({
      broker,
      household,
      port,
      host: household ? EVERYWHERE : undefined,
      option: "--app-port",
      services: { alerts: this.#alerts?.routes, trends: this.#trends() },
    });
  }

  /** DuckDB takes longer to load than all else of a house: it does so when the house runs. */
  async #startAnalytics(directory: string): Promise<void> {
    const { broker, household } = this.#options;
    const { Analytics } = await import("../analytics/analytics");
    if (this.#stopping) return;
    mkdirSync(join(directory, "analytics"), { recursive: true });
    const analytics = new Analytics({
      broker,
      credentials: household?.credentialsOf("analytics"),
      file: join(directory, "analytics", "analytics.duckdb"),
      // A session of its own, or it would get the readings of a house that has ended.
      ...(household ? {} : { sessionExpiry: 0 }),
      onEvent: (event) => {
        if (event.event === "failed") this.#options.onProblem("analytics", event.message);
      },
    });
    await analytics.start();
    this.#analytics = analytics;
  }

  #trends(): Hono {
    const routes = new Hono();
    routes.all("/*", (context) => {
      if (!this.#analytics)
        return context.text("The trends are not there yet. Try again in a moment.", 503, {
          "retry-after": "1",
        });
      const { method, raw } = context.req;
      const { origin, pathname, search } = new URL(context.req.url);
      // `/trends/*` is where it is mounted; what is asked for is relative to that.
      const path = pathname.slice(context.req.routePath.length - 2);
      return this.#analytics.routes.fetch(
        new Request(`${origin}${path}${search}`, { method, headers: raw.headers, signal: raw.signal }),
      );
    });
    return routes;
  }

  async #try(service: ServiceName, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.onProblem(service, (error as Error).message);
    }
  }
}
