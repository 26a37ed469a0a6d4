import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Hono } from "hono";

const TYPES: Readonly<Record<string, string>> = Object.freeze({
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
});

/** Formats that are compressed in themselves. */
const COMPRESSED: ReadonlySet<string> = new Set([".png"]);

interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly compressed: Uint8Array<ArrayBuffer> | undefined;
  readonly tag: string;
}

/** Where host-sim/build.mjs puts pages; this module runs from there, or from its source. */
export function pageDirectory(part: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return join(basename(here) === "dist" ? here : join(here, "../../../dist"), part);
}

/**
 * Serves the files of a built page, and no others: compressed where that helps, those with a hash in their name for ever, all
 * others with a tag to ask again with.
 * @param part - a folder of host-sim/home that has a `page`
 * @throws {Error} when the page has not been built
 */
export function pageFiles(part: string, directory: string = pageDirectory(part)): Hono {
  const names = listFiles(directory);
  const files = new Map<string, Promise<PageFile>>();
  const routes = new Hono();
  routes.get("/*", async (context, next) => {
    const name = nameOf(context.req.path, context.req.routePath);
    if (!names.has(name)) return next();
    const reading = files.get(name) ?? readPageFile(join(directory, name));
    files.set(name, reading);
    const file = await reading;
    context.header("content-type", TYPES[extname(name)] ?? "application/octet-stream");
    context.header("cache-control", cacheControl(name));
    context.header("vary", "accept-encoding");
    context.header("etag", file.tag);
    if (context.req.header("if-none-match") === file.tag) return context.body(null, 304);
    const takesGzip = /\bgzip\b/.test(context.req.header("accept-encoding") ?? "");
    if (!file.compressed || !takesGzip) return context.body(file.body);
    context.header("content-encoding", "gzip");
    return context.body(file.compressed);
  });
  return routes;
}

/** The path below where the routes are mounted: `/trends/*` leaves `assets/a.js` of `/trends/assets/a.js`. */
function nameOf(path: string, routePath: string): string {
  const name = path.slice(routePath.length - 1);
  return name === "" ? "index.html" : name;
}

function listFiles(directory: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return new Set(
      files.map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(directory.length + 1)
          .split(sep)
          .join("/"),
      ),
    );
  } catch (error) {
    throw new Error(`there is no page in ${directory}: npm run build makes it`, { cause: error });
  }
}

async function readPageFile(path: string): Promise<PageFile> {
  const body = new Uint8Array(readFileSync(path));
  const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  if (COMPRESSED.has(extname(path))) return { body, compressed: undefined, tag };
  return { body, compressed: new Uint8Array(await promisify(gzip)(body, { level: 9 })), tag };
}

function cacheControl(name: string): string {
  return name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}
