// Bundles conformance.ts, which is TypeScript, and runs it.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const outfile = `${root}.cache/conformance.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: ["test/conformance/conformance.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  logLevel: "warning",
});

const { main } = await import(outfile);
process.exitCode = main(root, process.argv.slice(2));
