import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, chromium, type Page as PlaywrightPage } from "playwright-core";
import type { Page } from "./page";

const EXECUTABLE = "/usr/bin/chromium";

/**
 * Whether this machine has Chromium. Where it has not the tests report themselves skipped.
 * @throws {Error} instead, when CI=true
 */
export const hasChromium: boolean = findChromium();

function findChromium(): boolean {
  if (existsSync(EXECUTABLE)) return true;
  const message = "the browser of the browser tests is missing: apt-get install chromium";
  if (process.env.CI === "true") throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return false;
}

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface Bundle {
  readonly code: string;
  /** Paths of the source files in it, from the root of the repository. */
  readonly inputs: readonly string[];
}

/** Bundles the page. Its `timer` is that of browsers, all else is what boards get. */
export async function bundlePage(): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fromHere("page.ts")],
    absWorkingDir: fromHere("../.."),
    alias: { timer: fromHere("../../device/client/transports/browser/browser-timer.ts") },
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    metafile: true,
    write: false,
    tsconfigRaw: {},
  });
  return { code: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
}

/** A page in headless Chromium, with the bundle in it. */
export class BrowserPage {
  /** What the page itself complains about. */
  readonly problems: string[] = [];
  readonly #server: Server;
  readonly #browser: Browser;
  readonly #page: PlaywrightPage;

  private constructor(server: Server, browser: Browser, page: PlaywrightPage) {
    this.#server = server;
    this.#browser = browser;
    this.#page = page;
    page.on("pageerror", (error) => this.problems.push(String(error)));
  }

  static async open(bundle: Bundle): Promise<BrowserPage> {
    const server = createServer((request, response) => {
      const isScript = request.url === "/page.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(
        isScript
          ? bundle.code
          : '<!doctype html><link rel="icon" href="data:,"><script src="page.js"></script>',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({
      executablePath: EXECUTABLE,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    const page = new BrowserPage(server, browser, await browser.newPage());
    await page.#page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return page;
  }

  /** Calls one of the page's functions. */
  call<Name extends keyof Page>(
    name: Name,
    ...parameters: Parameters<Page[Name]>
  ): Promise<Awaited<ReturnType<Page[Name]>>> {
    const call = ([method, values]: [string, unknown[]]): unknown =>
      (globalThis as unknown as { thimble: Record<string, (...values: unknown[]) => unknown> }).thimble[
        method
      ]!(...values);
    return this.#page.evaluate(call, [name, parameters] as [string, unknown[]]) as Promise<
      Awaited<ReturnType<Page[Name]>>
    >;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}
