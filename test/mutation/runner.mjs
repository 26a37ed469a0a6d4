// A test runner for Stryker that loads Vitest's tests once and then calls them, mutant after mutant, in one process. Stryker's own
// runner for Vitest starts a run of Vitest for each mutant: 2 s each where this takes 0.1 s, and a mutant in which one test hangs
// counts as timed out there, without telling which tests would have failed.
//
// For each mutant all tests run that claim a normative statement which no test has proven yet by killing another mutant, so that
// at the end every statement is known that is unproven; the others run until one has killed it. With MUTATION_ALL_KILLERS in the
// environment all run for every mutant, in about five times the time.
//
// Tests are Vitest's: collected by its runner, with its `expect`, `vi` and hooks. What needs Vitest to run is not there:
// `vi.mock`, snapshots, `beforeAll`.
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { INSTRUMENTER_CONSTANTS } from "@stryker-mutator/api/core";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import { DryRunStatus, TestStatus, toMutantRunResult } from "@stryker-mutator/api/test-runner";
import { collectTests, getFn, getHooks } from "@vitest/runner";
import { bundleTests, isUnfit } from "./bundle-tests.mjs";

/** A test that takes longer hangs, because the mutant made it so: it has failed. ms. */
const HANGING = 1000;
/** After so many hanging tests the others are not tried: the mutant is killed, and time is short. */
const MOST_HANGING = 3;
/** A mutant that has failed a test and makes others slow has had its time. ms. */
const ENOUGH = 5000;
/** The statements that a test claims, see test/conformance/coverage.ts. */
const CLAIM = /^(\[MQTT-[\d.]+-\d+\],?\s*)+/;
const VERSION_5 = /\/version-5\/|#MQTT 5\.0\b/;
/** A mutant executed so often in one test is in a loop without end. */
const HIT_LIMIT = 300_000;

/** Nobody looks at them, and they take their time. */
Error.stackTraceLimit = 0;

/** Calls what stands in this variable, so that the engine can be told to give up. */
const call = new vm.Script(`globalThis.${"__mutationCall"}()`);

class FastRunner {
  #tests;
  #clock;
  #sandbox = process.cwd();
  /** Claims of tests that have killed a mutant. */
  #proven = new Set();

  capabilities() {
    // Mutants in code that runs while modules are loaded get a process of their own.
    return { reloadEnvironment: false };
  }

  async dryRun() {
    this.#activate(undefined);
    const tests = await this.#run(undefined, false);
    return { status: DryRunStatus.Complete, tests, mutantCoverage: namespace().mutantCoverage };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter }) {
    const active = namespace();
    if (mutantActivation === "static") this.#activate(activeMutant.id);
    await this.#load();
    this.#activate(activeMutant.id);
    const tests = await this.#run(testFilter && new Set(testFilter), !process.env.MUTATION_ALL_KILLERS);
    active.activeMutant = undefined;
    return toMutantRunResult({ status: DryRunStatus.Complete, tests }, true);
  }

  #activate(id) {
    const active = namespace();
    active.activeMutant = id;
    active.hitCount = 0;
    active.hitLimit = HIT_LIMIT;
  }

  async #load() {
    if (this.#tests) return;
    const { files, timer } = await bundleTests(this.#sandbox);
    this.#clock = watchClock((await import(pathToFileURL(timer).href)).clock);
    const collected = await collectTests([...files.keys()], collector(this.#sandbox, files));
    this.#tests = collected.flatMap((file) => {
      if (file.result?.errors) throw new Error(`${file.name}: ${file.result.errors[0]?.message}`);
      return testsOf(file, relative(this.#sandbox, file.filepath), "", [], []);
    });
  }

  /**
   * Runs the tests that claim a statement which no test has proven yet, all of them, and then the others until something has
   * failed.
   * @param isBrief - false: all of those too
   */
  async #run(filter, isBrief) {
    await this.#load();
    const results = new Map();
    const tests = this.#tests.filter(({ id }) => !filter || filter.has(id));
    const isNeeded = ({ claims }) => claims.some((claim) => !this.#proven.has(claim));
    const needed = tests.filter(isNeeded);
    const failures = await this.#runAll(needed, results, isBrief ? ENOUGH : Number.POSITIVE_INFINITY);
    const others = tests.filter((test) => !needed.includes(test));
    if (!isBrief) await this.#runAll(others, results, Number.POSITIVE_INFINITY);
    else if (failures === 0) await this.#runAll(others, results, 0);
    return [...results.values()];
  }

  /**
   * @param time - ms after which the first failure suffices
   * @returns number of failures
   */
  async #runAll(tests, results, time) {
    const end = performance.now() + time;
    let failures = 0;
    let hanging = 0;
    for (const test of tests) {
      if ((failures > 0 && performance.now() > end) || hanging === MOST_HANGING) break;
      const start = performance.now();
      const failure = await this.#runOne(test);
      const timeSpentMs = performance.now() - start;
      report(results, test, failure, timeSpentMs);
      if (failure === undefined) continue;
      failures++;
      if (timeSpentMs >= HANGING) hanging++;
      for (const claim of test.claims) this.#proven.add(claim);
    }
    return failures;
  }

  /** @returns the message of what failed, or undefined */
  async #runOne(test) {
    const active = namespace();
    active.currentTestId = test.id;
    active.hitCount = 0;
    let failure = await attempt([...test.before, test.call]);
    // As in Vitest, what comes after a test is done even when it has failed.
    const finished = globalThis.__mutationFinished?.splice(0).reverse() ?? [];
    for (const step of [...test.after, ...finished]) {
      const thrown = await attempt([step]);
      failure ??= thrown;
    }
    active.currentTestId = undefined;
    // Tests that follow do not suffer from timers that a mutant left.
    this.#clock.cancelAll();
    return failure;
  }
}

/** Where instrumented code finds the active mutant, and counts. */
function namespace() {
  globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {};
  return globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE];
}

/** What `collectTests` of @vitest/runner asks for. */
function collector(root, files) {
  const sequence = { shuffle: false, hooks: "stack", setupFiles: "list" };
  return {
    config: {
      root,
      sequence,
      setupFiles: [],
      tags: [],
      testTimeout: 0,
      hookTimeout: 0,
      allowOnly: true,
      retry: 0,
    },
    pool: "mutation",
    trace: (_name, attributes, callback) => (callback ?? attributes)(),
    importFile: (file) => import(pathToFileURL(files.get(file)).href),
  };
}

/** All tests below a task, with the hooks around them. */
function testsOf(task, file, prefix, before, after) {
  if (task.type === "test") {
    if ((task.mode !== "run" && task.mode !== "queued") || isUnfit(task.name)) return [];
    const name = `${prefix}${task.name}`;
    const id = `${file}#${name}`;
    return [{ id, name, file, before, after, claims: claimsOf(id, task.name), call: getFn(task) }];
  }
  const hooks = getHooks(task);
  if (hooks.beforeAll.length + hooks.afterAll.length > 0)
    throw new Error(`${file} has beforeAll or afterAll`);
  const inner = task.type === "suite" && task.filepath === undefined ? `${prefix}${task.name} ` : prefix;
  return task.tasks.flatMap((child) =>
    testsOf(
      child,
      file,
      inner,
      [...before, ...hooks.beforeEach],
      [...[...hooks.afterEach].reverse(), ...after],
    ),
  );
}

/** `3.1.1 [MQTT-3.3.1-2]`, ... */
function claimsOf(id, title) {
  const version = VERSION_5.test(id) ? "5.0" : "3.1.1";
  return (CLAIM.exec(title)?.[0].match(/\[[^\]]+\]/g) ?? []).map((claim) => `${version} ${claim}`);
}

/** Calls steps of a test; synchronous and asynchronous loops without end are broken. @returns the message of what one threw */
async function attempt(steps) {
  let promise;
  globalThis.__mutationCall = () => {
    // Hooks are synchronous, and come first or last.
    for (const step of steps) promise = step() ?? promise;
  };
  try {
    call.runInThisContext({ timeout: HANGING });
    if (typeof promise?.then === "function") await settled(promise);
    return undefined;
  } catch (error) {
    return String(error?.message ?? error);
  }
}

/** Waits for a promise, not for ever. Most are settled already, and need no timer. */
async function settled(promise) {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < 20 && !isSettled; turn++) await undefined;
  let timer;
  const hanging = new Promise((_resolve, reject) => {
    if (!isSettled) timer = setTimeout(() => reject(new Error("hangs")), HANGING);
  });
  try {
    await Promise.race([promise, hanging]);
  } finally {
    clearTimeout(timer);
  }
}

/** Adds a result; tests of one name are one test to Stryker. */
function report(results, { id, name, file }, failure, timeSpentMs) {
  const failed = failure === undefined ? results.get(id) : undefined;
  if (failed?.status === TestStatus.Failed) return;
  const status = failure === undefined ? TestStatus.Success : TestStatus.Failed;
  results.set(id, { id, name, fileName: file, timeSpentMs, status, failureMessage: failure ?? "" });
}

/** Makes the virtual clock of the tests forget on command. */
function watchClock(clock) {
  const scheduled = new Set();
  const schedule = clock.schedule.bind(clock);
  clock.schedule = (callback, delay) => {
    const entry = schedule(callback, delay);
    scheduled.add(entry);
    return entry;
  };
  return {
    cancelAll() {
      for (const entry of scheduled) clock.cancel(entry);
      scheduled.clear();
    },
  };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "fast", FastRunner)];
