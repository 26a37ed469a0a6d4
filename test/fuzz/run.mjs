// Bundles the runner and its worker, which are TypeScript, and runs them in a Node that can collect garbage on demand.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const outdir = `${root}.cache/fuzz`;

await build({
  absWorkingDir: root,
  entryPoints: ["test/fuzz/runner/fuzz.ts", "test/fuzz/runner/worker.ts"],
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  sourcemap: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  alias: { timer: `${root}test/support/timer.ts` },
  logLevel: "warning",
});

const child = spawn(
  process.execPath,
  ["--expose-gc", "--enable-source-maps", `${outdir}/fuzz.mjs`, ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
