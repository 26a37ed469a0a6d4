import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, withLock, writeAtomically } from "./cache";
import { type Compiler, openCompiler } from "./compiler";
import { type PinnedPackage, unpackPackage } from "./npm-package";

/** The XS engine of Moddable as C sources (LGPL-3.0-or-later), XS 13.3.0. Compiled here, never distributed by us. */
export const XS_SOURCES: PinnedPackage = {
  name: "@agoric/xsnap",
  version: "0.15.0",
  integrity:
    "sha512-ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==",
};

/** Parts of XS that the host has no use for: snapshots need a platform of their own. */
const LEFT_OUT: ReadonlySet<string> = new Set(["xsSnapshot.c"]);

const COMPILE_FLAGS: readonly string[] = [
  "-O2",
  "-w",
  // XS reads memory under several types, converts numbers to integers to see whether they are some, and lets integers wrap.
  "-fno-strict-aliasing",
  "-fno-strict-float-cast-overflow",
  "-fwrapv",
  // setjmp by exception handling, in the encoding that Node 20 knows
  "-mllvm",
  "-wasm-enable-sjlj",
  "-mllvm",
  "-wasm-use-legacy-eh=true",
  "-DINCLUDE_XSPLATFORM=1",
  '-DXSPLATFORM="xs-platform.h"',
  "-DmxRun=1",
  "-DmxParse=1",
  "-DmxMetering=1",
  "-DmxInstrument=1",
  // Lines in stacks and the xsbug protocol. Without a debugger, and with modules compiled without lines, it changes no figure.
  "-DmxDebug=1",
  "-DmxBoundsCheck=1",
];

const LINK_FLAGS: readonly string[] = [
  "-mexec-model=reactor",
  "-lsetjmp",
  "-Wl,--stack-first",
  "-Wl,-z,stack-size=262144",
  "-Wl,--strip-debug",
];

const HOST_SOURCES: string = fileURLToPath(new URL("./c", import.meta.url));

export interface BuildOptions {
  /** Default `$XDG_CACHE_HOME/thimble/xs`. */
  readonly cache?: string;
  /** Receives one line a step; default: standard error. */
  readonly progress?: (text: string) => void;
}

/**
 * Compiles XS and our host to one WebAssembly module, or takes it from the cache. The first run on a machine needs npm's
 * registry and about a minute; every later one reads a file.
 * @returns the path of the module
 */
export async function buildEngine(options: BuildOptions = {}): Promise<string> {
  const cache = options.cache ?? cacheDirectory();
  const progress = options.progress ?? ((text: string) => void process.stderr.write(`XS engine: ${text}\n`));
  const engine = join(cache, `engine-${engineKey()}.wasm`);
  if (existsSync(engine)) return engine;
  const wait = (): void => progress("another process is compiling it; waiting");
  return withLock(join(cache, "build.lock"), wait, async () => {
    if (!existsSync(engine)) await compileEngine(cache, engine, progress);
    return engine;
  });
}

/** What decides about the engine: XS by its integrity, our sources, the flags. Any suitable compiler gives the same figures. */
function engineKey(): string {
  const hash = createHash("sha256").update(
    JSON.stringify([XS_SOURCES, COMPILE_FLAGS, LINK_FLAGS, [...LEFT_OUT]]),
  );
  for (const name of readdirSync(HOST_SOURCES).sort())
    hash.update(name).update(readFileSync(join(HOST_SOURCES, name)));
  return hash.digest("hex").slice(0, 16);
}

async function compileEngine(cache: string, engine: string, progress: (text: string) => void): Promise<void> {
  const start = performance.now();
  progress(`compiling XS once for this machine (sources: ${XS_SOURCES.name} ${XS_SOURCES.version})`);
  const root = await unpackPackage(XS_SOURCES, join(cache, `xsnap-${XS_SOURCES.version}`), isSource);
  const xs = join(root, "moddable/xs");
  const sources = {
    sources: join(xs, "sources"),
    includes: join(xs, "includes"),
    platforms: join(xs, "platforms"),
    host: HOST_SOURCES,
  };
  const compiler = await openCompiler({
    sources,
    compileFlags: COMPILE_FLAGS,
    linkFlags: LINK_FLAGS,
    cache,
    progress,
  });
  try {
    const objects = await compileAll(compiler, sources, cache, progress);
    progress("linking");
    writeAtomically(engine, await compiler.link(objects));
  } finally {
    await compiler.close();
  }
  progress(`ready after ${Math.round((performance.now() - start) / 1000)} s: ${engine}`);
}

async function compileAll(
  compiler: Compiler,
  directories: Readonly<Record<string, string>>,
  cache: string,
  progress: (text: string) => void,
): Promise<Map<string, Uint8Array>> {
  const files = ["sources", "host"].flatMap((name) =>
    readdirSync(directories[name]!)
      .filter((file) => file.endsWith(".c") && !LEFT_OUT.has(file))
      .sort()
      .map((file) => ({ name: `${name}/${file}`, path: join(directories[name]!, file) })),
  );
  const headers = headersHash(directories);
  // The longest first, so that the last worker does not end long after the others.
  const sizes = new Map(files.map(({ path }) => [path, readFileSync(path).length]));
  const order = [...files].sort((a, b) => sizes.get(b.path)! - sizes.get(a.path)!);
  const objects = new Map<string, Uint8Array>(files.map(({ name }) => [name, new Uint8Array(0)]));
  let done = 0;
  await Promise.all(
    order.map(async ({ name, path }) => {
      const key = createHash("sha256")
        .update(JSON.stringify([compiler.identity, COMPILE_FLAGS, headers, name]))
        .update(readFileSync(path))
        .digest("hex")
        .slice(0, 24);
      const object = join(cache, "objects", `${key}.o`);
      if (!existsSync(object)) writeAtomically(object, await compiler.compile(name));
      objects.set(name, readFileSync(object));
      done += 1;
      if (done % 10 === 0 || done === files.length) progress(`compiled ${done} of ${files.length} files`);
    }),
  );
  return objects;
}

function headersHash(directories: Readonly<Record<string, string>>): string {
  const hash = createHash("sha256");
  for (const directory of Object.values(directories))
    for (const name of readdirSync(directory).sort())
      if (name.endsWith(".h")) hash.update(name).update(readFileSync(join(directory, name)));
  return hash.digest("hex");
}

function isSource(path: string): boolean {
  return /^moddable\/xs\/(sources|includes|platforms)\/[^/]+\.[ch]$/.test(path) || path === "LICENSE";
}
