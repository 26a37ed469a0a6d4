// Bundles bench.ts (or kill.ts, with `kill` as the first argument) and runs it in a Node of its own.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const [first, ...rest] = process.argv.slice(2);
const name = first === "kill" ? "kill" : "bench";
// As deep as test/support, which finds the repository from where it is.
const outfile = `${root}.cache/analytics/${name}.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: [`test/bench/analytics/${name}.ts`],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  logLevel: "warning",
});

const child = spawn(process.execPath, [outfile, ...(first === "kill" ? rest : process.argv.slice(2))], {
  cwd: root,
  stdio: "inherit",
});
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
