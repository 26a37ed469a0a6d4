import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles a command that is TypeScript, runs it in a Node of its own in the root of the repository, and ends with its exit code.
 * The bundle lies two folders below the root, so that its modules find the root as their sources do.
 * @param {string} entry - relative to the root, in a folder of `test`: `test/soak/alerts.ts`
 * @param {{ parameters: readonly string[], nodeOptions?: readonly string[], alias?: Record<string, string> }} options
 *   `alias`: paths relative to the root
 */
export async function runBundled(entry, { parameters, nodeOptions = [], alias = {} }) {
  const outfile = `${root}.cache/run/${entry
    .replace(/^test\//, "")
    .replace(/\.ts$/, "")
    .replaceAll("/", "-")}.mjs`;
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    packages: "external",
    alias: Object.fromEntries(Object.entries(alias).map(([name, path]) => [name, root + path])),
    logLevel: "warning",
  });
  const child = spawn(process.execPath, [...nodeOptions, outfile, ...parameters], {
    cwd: root,
    stdio: "inherit",
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}
