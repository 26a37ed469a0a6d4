// Bundles the pages of the house's services: host-sim/home/<part>/page/ becomes <outdir>/<part>/.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const home = join(root, "host-sim/home");

const SETTINGS = {
  absWorkingDir: root,
  // What a page runs of the device's client takes its timers from the browser.
  alias: { timer: join(root, "device/client/transports/browser/browser-timer.ts") },
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  tsconfigRaw: {},
  write: false,
  logLevel: "warning",
};

/** Bundles the page of every part that has one. */
export async function buildPages(outdir) {
  const entries = await readdir(home, { withFileTypes: true });
  const parts = entries
    .map(({ name }) => name)
    .filter((name) => existsSync(join(home, name, "page/index.tsx")));
  await Promise.all(parts.map((part) => buildPage(part, join(outdir, part))));
}

async function buildPage(part, outdir) {
  const page = join(home, part, "page");
  const { outputFiles } = await build({
    ...SETTINGS,
    entryPoints: [join(page, "index.tsx")],
    outdir,
    format: "esm",
    entryNames: "assets/[name]-[hash]",
    assetNames: "assets/[name]-[hash]",
  });
  const files = new Map(
    outputFiles.map(({ path, contents }) => [`assets/${basename(path)}`, Buffer.from(contents)]),
  );
  const template = await readFile(join(page, "index.html"), "utf8");
  const names = [...files.keys()];
  files.set("index.html", Buffer.from(withHashedNames(template, names)));
  for (const name of await copied(join(page, "public")))
    files.set(name, await readFile(join(page, "public", name)));
  if (existsSync(join(page, "service-worker.ts")))
    files.set("service-worker.js", await buildServiceWorker(join(page, "service-worker.ts"), files));
  await writeAll(outdir, files);
}

/** `src="index.js"` of the template becomes `src="assets/index-HASH.js"`. */
function withHashedNames(template, names) {
  return template.replace(/(src|href)="(index\.(?:js|css))"/g, (_match, attribute, name) => {
    const [stem, extension] = name.split(".");
    const hashed = names.find(
      (candidate) => candidate.startsWith(`assets/${stem}-`) && candidate.endsWith(`.${extension}`),
    );
    if (!hashed) throw new Error(`the page has no ${name}`);
    return `${attribute}="${hashed}"`;
  });
}

async function copied(directory) {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

/** The worker knows the names of all files, and a version that changes with any of their bytes. */
async function buildServiceWorker(entryPoint, files) {
  const names = [...files.keys()].sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(files.get(name));
  const { outputFiles } = await build({
    ...SETTINGS,
    entryPoints: [entryPoint],
    format: "iife",
    define: {
      VERSION: JSON.stringify(hash.digest("hex").slice(0, 12)),
      FILES: JSON.stringify(names),
    },
  });
  return Buffer.from(outputFiles[0].contents);
}

/** What others refer to comes first. Renamed into place: whoever reads meanwhile gets the old file or the new one. */
async function writeAll(outdir, files) {
  for (const [name, contents] of [...files].sort(([left], [right]) => rank(left) - rank(right))) {
    const path = join(outdir, name);
    await mkdir(dirname(path), { recursive: true });
    await replace(path, contents);
  }
}

function rank(name) {
  if (name.startsWith("assets/")) return 0;
  return name === "service-worker.js" ? 2 : 1;
}

/** Writes a file so that it is there whole or not at all. */
export async function replace(path, contents, mode) {
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, contents, mode === undefined ? {} : { mode });
  await rename(unfinished, path);
}
