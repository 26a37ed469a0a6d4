// Bundles the command line into dist/thimble.js. Packages stay outside: they are installed beside it.
import { cp, mkdir, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["host-sim/cli.ts"],
  outfile: "dist/thimble.js",
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  sourcemap: true,
  write: false,
  logLevel: "warning",
});

await mkdir(`${root}dist`, { recursive: true });
// The XS engine is compiled where it runs; its host's sources go along.
await cp(`${root}host-sim/xs/c`, `${root}dist/c`, { recursive: true });
for (const { path, contents } of outputFiles) {
  // Renamed into place: whoever starts the command meanwhile, as tests do, gets the old file or the new one.
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, contents, { mode: 0o755 });
  await rename(unfinished, path);
}
