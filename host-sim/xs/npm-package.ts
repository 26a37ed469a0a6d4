import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { temporaryPath } from "./cache";

/** A package of the npm registry, by content. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity of the tarball, as in a package-lock. */
  readonly integrity: string;
}

const run = promisify(execFile);

/**
 * Unpacks the files of a package that `wanted` accepts into `directory`, once.
 *
 * Not a dependency in package.json, because npm offers no way to have a tarball alone: `@agoric/xsnap` would bring a tree
 * of 65 MB and a postinstall that needs make and cc (npm 10 runs it), `@yowasp/clang` 101 MB that most runs never need.
 * The user's own npm client fetches the tarball (`npm pack`: no scripts, no dependencies; registry, proxy and certificates as
 * configured; npm's cache when offline), and its integrity is checked here.
 * @returns `directory`, complete
 */
export async function unpackPackage(
  pinned: PinnedPackage,
  directory: string,
  wanted: (path: string) => boolean,
): Promise<string> {
  if (statSync(directory, { throwIfNoEntry: false })) return directory;
  const tarball = await packedTarball(pinned);
  const temporary = temporaryPath(directory);
  for (const { path, bytes } of tarEntries(gunzipSync(tarball))) {
    const relative = path.replace(/^[^/]+\//, "");
    if (!wanted(relative)) continue;
    const target = join(temporary, relative);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
  try {
    renameSync(temporary, directory);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!statSync(directory, { throwIfNoEntry: false })) throw error;
  }
  return directory;
}

async function packedTarball({ name, version, integrity }: PinnedPackage): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), "thimble-npm-"));
  try {
    const { stdout } = await npm([
      "pack",
      `${name}@${version}`,
      "--prefer-offline",
      "--ignore-scripts",
      "--loglevel=error",
      `--pack-destination=${directory}`,
    ]);
    const bytes = readFileSync(join(directory, stdout.trim().split("\n").at(-1) ?? ""));
    const actual = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    if (actual !== integrity) throw new Error(`${name}@${version} has integrity ${actual}, not ${integrity}`);
    return bytes;
  } catch (error) {
    throw new Error(`cannot get ${name}@${version} from the npm registry: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Under `npm test` and `npx` the client that runs us is named in the environment; else the one on the PATH. */
function npm(parameters: string[]): Promise<{ stdout: string }> {
  const client = process.env.npm_execpath;
  if (client && /npm-cli\.c?js$/.test(client)) return run(process.execPath, [client, ...parameters]);
  return run("npm", parameters, { shell: process.platform === "win32" });
}

interface TarEntry {
  readonly path: string;
  readonly bytes: Buffer;
}

/** The files of an uncompressed ustar archive, pax path records included. */
export function* tarEntries(archive: Buffer): Generator<TarEntry> {
  let longPath: string | undefined;
  for (let offset = 0; offset + 512 <= archive.length; ) {
    const header = archive.subarray(offset, offset + 512);
    if (header[0] === 0) return;
    const size = Number.parseInt(field(header, 124, 12), 8);
    const bytes = archive.subarray(offset + 512, offset + 512 + size);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "0" || type === "\0") yield { path: safe(longPath ?? shortPath(header)), bytes };
    longPath = type === "x" ? /(?:^|\n)\d+ path=(.*)\n/.exec(bytes.toString("utf8"))?.[1] : undefined;
    offset += 512 + Math.ceil(size / 512) * 512;
  }
}

function shortPath(header: Buffer): string {
  const prefix = field(header, 345, 155);
  return (prefix ? `${prefix}/` : "") + field(header, 0, 100);
}

function safe(path: string): string {
  if (path.split("/").includes("..")) throw new Error(`unsafe path in archive: ${path}`);
  return path;
}

function field(header: Buffer, offset: number, length: number): string {
  const bytes = header.subarray(offset, offset + length);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? length : end).trim();
}
