// Settings of Stryker, for run.mjs, which starts it in the root of the repository.

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
const options = {
  testRunner: "fast",
  plugins: ["./test/mutation/runner.mjs"],
  mutate: ["device/mqtt/**/*.ts", "device/client/**/*.ts"],
  // A mutant meets only the tests that reach it, but all of them, so that every killer is known.
  coverageAnalysis: "perTest",
  disableBail: true,
  concurrency: 2,
  // The runner breaks loops test by test. This is for what it cannot break.
  timeoutMS: 20_000,
  timeoutFactor: 4,
  // What the tests do not need is not copied.
  ignorePatterns: [
    "/*",
    "!/device",
    "!/host-sim",
    "!/test",
    "/test/*",
    "!/test/mutation",
    "!/test/vitest.config.ts",
    "!/test/support",
    "!/test/mqtt",
    "!/test/vectors",
    "!/test/client",
    "!/test/conformance",
    "!/package.json",
    // Stryker would rewrite them, with an API that TypeScript 7 has not; Vite finds those of the repository.
    "tsconfig.json",
  ],
  disableTypeChecks: false,
  tsconfigFile: "none.json",
  tempDirName: ".cache/stryker",
  incremental: true,
  incrementalFile: ".cache/mutation/incremental.json",
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: ".cache/mutation/mutation.json" },
  allowEmpty: false,
};

export default options;
