import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Where the tests of device/mqtt and device/client stand that need no sockets, brokers or processes. */
const FOLDERS = ["test/mqtt", "test/vectors", "test/client", "test/transports", "test/conformance"];
/** In them: tests of the tables and not of the device, tests against real sockets, with Vitest's own timers. */
const EXCLUDED = [
  /^test\/conformance\/[^/]+\.test\.ts$/,
  /\/real-/,
  /\/tls\.test\.ts$/,
  /\/browser-timer\.test\.ts$/,
  // Another codec against our tables, which vectors.test.ts holds against ours.
  /\/mqtt-packet\.test\.ts$/,
];

/** Tests that take longer than 100 ms, and whose subject others prove with less. They would run for most of the mutants. */
const UNFIT = [
  /^identifiers wrap after 65,535 to 1/,
  /^1,000 clients, broker restarted/,
  /^10,000 publishes of 100 bytes/,
  // Reads a document, which the sandbox has not.
  /ARCHITECTURE\.md/,
];

export function isUnfit(title) {
  return UNFIT.some((pattern) => pattern.test(title));
}

/** Files of tests, relative to `root`. */
export function testFiles(root) {
  return FOLDERS.filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`),
    )
    .filter((file) => file.endsWith(".test.ts") && !EXCLUDED.some((pattern) => pattern.test(file)))
    .sort();
}

/**
 * Bundles the tests so that Node can import them, with modules in common, and so with `timer` on one virtual clock.
 * @returns absolute path of each file of tests to that of its bundle, and the bundle of test/support/timer.ts
 */
export async function bundleTests(root) {
  const outdir = join(root, `.mutation-${process.pid}`);
  const sources = testFiles(root);
  await build({
    absWorkingDir: root,
    entryPoints: [...sources, "test/support/timer.ts"],
    outdir,
    outbase: root,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    packages: "external",
    plugins: [vitestInRunner(root)],
    alias: { timer: join(root, "test/support/timer.ts") },
    inject: [join(root, "test/support/xs-globals.ts")],
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
  });
  const bundleOf = (source) => join(outdir, source.replace(/\.ts$/, ".mjs"));
  return {
    files: new Map(sources.map((source) => [join(root, source), bundleOf(source)])),
    timer: bundleOf("test/support/timer.ts"),
  };
}

/** Tests import vitest-in-runner.ts for Vitest; that file alone gets Vitest. */
function vitestInRunner(root) {
  const path = join(root, "test/mutation/vitest-in-runner.ts");
  return {
    name: "vitest in runner",
    setup(build) {
      build.onResolve({ filter: /^vitest$/ }, ({ importer }) =>
        importer === path ? { path: "vitest", external: true } : { path },
      );
    },
  };
}
