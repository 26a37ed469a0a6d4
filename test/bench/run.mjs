// Bundles bench.ts and runs it in a Node of its own: one that can collect garbage on demand, and whose young generation has from
// the start the 16 MB to which it otherwise grows, so that bytes allocated can be counted between two collections.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const outfile = `${root}.cache/bench.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: ["test/bench/bench.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  alias: { timer: `${root}test/bench/client/timer.ts` },
  logLevel: "warning",
});

const child = spawn(
  process.execPath,
  ["--expose-gc", "--min-semi-space-size=16", outfile, ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
