// Bundles budget.ts, which is TypeScript, and runs it.
import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const outfile = `${root}.cache/budget.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: ["test/budget/budget.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  logLevel: "warning",
});
// The XS engine is compiled where it runs; its host's sources go along.
await cp(`${root}host-sim/xs/c`, `${root}.cache/c`, { recursive: true });

const { main } = await import(outfile);
process.exitCode = await main(root, process.argv.slice(2));
