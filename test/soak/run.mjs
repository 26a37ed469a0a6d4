// Runs one of the long tests: `node test/soak/run.mjs alerts [options]`. Bundled two folders below the root, so that its modules find the
// root as the sources do.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [name, ...options] = process.argv.slice(2);
const outfile = `${root}.cache/soak/${name}.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: [`test/soak/${name}.ts`],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  logLevel: "warning",
});

const child = spawn(process.execPath, [outfile, ...options], { cwd: root, stdio: "inherit" });
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
