// Bundles the command line into dist/thimble.js and its chunks, and the services' pages into dist/<part>/. Packages stay outside: they
// are installed beside it.
import { cp, mkdir, readdir, stat, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildPages, replace } from "./build-pages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** A chunk of an earlier build may still be wanted by a command that has been started from it, for so long, ms. */
const CHUNK_LIFETIME = 3_600_000;

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { thimble: "host-sim/cli.ts" },
  outdir: "dist",
  bundle: true,
  // A command loads the packages it needs, and no others. All chunks lie beside thimble.js: modules find the package's files from there.
  splitting: true,
  chunkNames: "chunk-[hash]",
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  sourcemap: true,
  write: false,
  logLevel: "warning",
});

await mkdir(dist, { recursive: true });
// The XS engine is compiled where it runs; its host's sources go along.
await cp(join(root, "host-sim/xs/c"), join(dist, "c"), { recursive: true });
await buildPages(dist);
// What begins comes last: whoever starts the command meanwhile, as tests do, gets the old files or the new ones.
const files = [...outputFiles].sort((left, right) => Number(isEntry(left)) - Number(isEntry(right)));
for (const { path, contents } of files) await replace(path, contents, 0o755);
await removeOldChunks(new Set(outputFiles.map(({ path }) => basename(path))));

function isEntry({ path }) {
  return basename(path).startsWith("thimble.");
}

async function removeOldChunks(current) {
  for (const name of await readdir(dist)) {
    if (!/^chunk-.*\.js(?:\.map)?$/.test(name) || current.has(name)) continue;
    const { mtimeMs } = await stat(join(dist, name));
    if (Date.now() - mtimeMs > CHUNK_LIFETIME) await unlink(join(dist, name)).catch(() => {});
  }
}
