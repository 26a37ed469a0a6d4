import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPages } from "../../../host-sim/build-pages.mjs";
import { ROOT } from "../../support/thimble";

/** Bytes that a phone loads at most, each file compressed by itself. */
const BUDGET = 100_000;

let directory: string;
const files = new Map<string, Buffer>();
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-page-"));
  await buildPages(directory);
  const page = join(directory, "mobile-app");
  for (const entry of await readdir(page, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(page.length + 1), await readFile(path));
    }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const text = (name: string): string => files.get(name)!.toString();

test("all of it, icons included, is at most 100 kB compressed, and what README.md says", async () => {
  let total = 0;
  for (const bytes of files.values()) total += gzipSync(bytes, { level: 9 }).length;
  expect(total).toBeGreaterThan(20_000);
  expect(total).toBeLessThanOrEqual(BUDGET);
  const [, figure] = /All of it is (\d+) kB compressed/.exec(
    await readFile(join(ROOT, "README.md"), "utf8"),
  )!;
  expect(Math.abs(Number(figure) - total / 1_000)).toBeLessThan(1.5);
});

test("the page names its hashed script and styles, and has nothing inline", () => {
  const page = text("index.html");
  const names = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name!);
  expect(names.filter((name) => !files.has(name))).toEqual([]);
  expect(names.filter((name) => name.startsWith("assets/index-"))).toHaveLength(2);
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
});

test("the manifest names icons that are there, one of them maskable, and what an app needs to be installed", () => {
  const manifest = JSON.parse(text("manifest.webmanifest")) as {
    icons: { src: string; sizes: string; type: string; purpose: string }[];
  };
  expect(manifest).toMatchObject({ name: "Thimble", start_url: "./", scope: "./", display: "standalone" });
  for (const { src, sizes, type } of manifest.icons) {
    const bytes = files.get(src)!;
    if (type !== "image/png") continue;
    // PNG section 11.2.2: width and height in the header.
    expect(bytes.subarray(0, 8)).toEqual(Buffer.from("\x89PNG\r\n\x1a\n", "latin1"));
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes);
  }
  expect(manifest.icons.map(({ sizes, purpose }) => `${purpose} ${sizes}`)).toEqual(
    expect.arrayContaining(["any 192x192", "any 512x512", "maskable 512x512"]),
  );
});

test("the service worker keeps every file but itself, under a name that changes with their content", async () => {
  const worker = text("service-worker.js");
  for (const name of files.keys())
    if (name !== "service-worker.js") expect(worker).toContain(JSON.stringify(name));
  const again = join(directory, "again");
  await buildPages(again);
  expect(await readFile(join(again, "mobile-app/service-worker.js"), "utf8")).toBe(worker);
});

describe("the colours have the contrast of WCAG 2.2 level AA", () => {
  const css = (): Promise<string> => readFile(join(ROOT, "host-sim/home/web/theme.css"), "utf8");

  /** Colours by name: of the light theme, and of the dark one. */
  async function themes(): Promise<Record<string, string>[]> {
    const [light = "", dark = ""] = (await css()).split("@media (prefers-color-scheme: dark)");
    const colors = (block: string): Record<string, string> =>
      Object.fromEntries(
        [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]),
      );
    return [colors(light), { ...colors(light), ...colors(dark) }];
  }

  const TEXT = ["ink", "ink-soft", "brass", "danger", "good", "thread"];
  const BACKGROUNDS = ["paper", "surface", "sunken"];

  test.each(TEXT.flatMap((color) => BACKGROUNDS.map((background) => [color, background] as const)))(
    "text in %s on %s: 4.5",
    async (color, background) => {
      for (const theme of await themes())
        expect(contrast(theme[color]!, theme[background]!)).toBeGreaterThanOrEqual(4.5);
    },
  );

  test("text of refusals on its ground: 4.5; outlines of controls: 3", async () => {
    for (const theme of await themes()) {
      expect(contrast(theme.danger!, theme["danger-soft"]!)).toBeGreaterThanOrEqual(4.5);
      for (const background of BACKGROUNDS)
        expect(contrast(theme.control!, theme[background]!)).toBeGreaterThanOrEqual(3);
    }
  });
});

/** WCAG 2.2, definition of contrast ratio. */
function contrast(left: string, right: string): number {
  const [darker, lighter] = [luminance(left), luminance(right)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((index) => Number.parseInt(color.slice(index, index + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
