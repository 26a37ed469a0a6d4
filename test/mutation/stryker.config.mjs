// Settings of Stryker, for run.mjs, which starts it in the root of the repository.

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
const options = {
  testRunner: "fast",
  plugins: ["./test/mutation/runner.mjs"],
  // The timer of browsers is tested with fake timers, which the runner has not.
  mutate: [
    "device/mqtt/**/*.ts",
    "device/client/**/*.ts",
    "!device/client/transports/browser/browser-timer.ts",
  ],
  // A mutant meets only the tests that reach it, but all of them, so that every killer is known.
  coverageAnalysis: "perTest",
  disableBail: true,
  // Tests encode constants while they are loaded: that alone shall not make a mutant need a process of its own.
  ignoreStatic: true,
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
