// Bundles bench.ts, or that of a folder given first (`run.mjs http`), and runs it in a Node of its own: one that can collect garbage on demand, and whose young generation has from
// the start the 16 MB to which it otherwise grows, so that bytes allocated can be counted between two collections.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [first = ""] = process.argv.slice(2);
const folder = first.startsWith("-") ? "" : first;
const parameters = process.argv.slice(folder === "" ? 2 : 3);
const outfile = `${root}.cache/bench${folder}.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: [`test/bench/${folder}/bench.ts`],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  alias: { timer: `${root}test/bench/client/timer.ts` },
  logLevel: "warning",
});

const child = spawn(process.execPath, ["--expose-gc", "--min-semi-space-size=16", outfile, ...parameters], {
  cwd: root,
  stdio: "inherit",
});
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
