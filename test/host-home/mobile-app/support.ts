import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { MobileApp, type MobileAppOptions } from "../../../host-sim/home/mobile-app/mobile-app";

/** A built page in small. */
export function makePage(): { directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "thimble-page-"));
  mkdirSync(join(directory, "assets"));
  writeFileSync(join(directory, "index.html"), "<!doctype html><title>Thimble</title>");
  writeFileSync(join(directory, "assets/index-ABCD.js"), "console.log(1);\n".repeat(100));
  writeFileSync(join(directory, "icon.png"), "png");
  return { directory, remove: () => rmSync(directory, { recursive: true }) };
}

/** A broker, and the app of the house it stands in. */
export class TestApp {
  readonly app: MobileApp;
  readonly broker: EmbeddedBroker;
  readonly #page: ReturnType<typeof makePage>;

  private constructor(app: MobileApp, broker: EmbeddedBroker, page: ReturnType<typeof makePage>) {
    this.app = app;
    this.broker = broker;
    this.#page = page;
  }

  /** @param protocol - how the bridge reaches the broker */
  static async start(
    options: Partial<MobileAppOptions> = {},
    protocol: "mqtt" | "ws" = "mqtt",
  ): Promise<TestApp> {
    const broker = new EmbeddedBroker({ port: 0, webSocketPort: 0 });
    await broker.start();
    const page = makePage();
    const { hostname: host, port } = new URL(broker.webSocketURL);
    const address = protocol === "ws" ? { protocol, host, port: Number(port) } : broker.address;
    const app = new MobileApp({ broker: address, port: 0, directory: page.directory, ...options });
    await app.start();
    return new TestApp(app, broker, page);
  }

  get url(): string {
    return this.app.address;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { redirect: "manual", ...init });
  }

  signIn(name: string, password: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch("/api/session", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ name, password }),
    });
  }

  /** Header `Cookie` of a guest who is signed in. */
  async guestCookie(): Promise<string> {
    const response = await this.signIn("guest", this.app.guestCode ?? "");
    return cookieOf(response);
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.broker.stop();
    this.#page.remove();
  }
}

/** What a browser would send back. */
export function cookieOf(response: Response): string {
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}
