/**
 * `vitest` inside XS: the same `expect` over chai and the same spies, with a collector in place of the runner. The host
 * reads the tests' names, then runs them one turn at a time. Bundled by shim-bundle.ts.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  customMatchers,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import * as spies from "@vitest/spy";
import * as chai from "chai";
import { formatName } from "./each-name";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

type Body = (...parameters: unknown[]) => unknown;
type Hook = () => unknown;

interface Suite {
  readonly parent: Suite | undefined;
  readonly name: string;
  readonly beforeAll: Hook[];
  readonly afterAll: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
  entered: boolean;
  remaining: number;
}

interface Test {
  readonly suite: Suite;
  readonly name: string;
  readonly body: Body;
}

interface Outcome {
  done: boolean;
  error?: { name: string; message: string; stack: string; expected?: string; actual?: string };
}

function createSuite(name: string, parent?: Suite): Suite {
  return {
    parent,
    name,
    beforeAll: [],
    afterAll: [],
    beforeEach: [],
    afterEach: [],
    entered: false,
    remaining: 0,
  };
}

const state: { suite: Suite; tests: Test[]; outcome: Outcome; finishing: Hook[] } = {
  suite: createSuite(""),
  tests: [],
  finishing: [],
  outcome: { done: true },
};

function chain(suite: Suite): Suite[] {
  const list: Suite[] = [];
  for (let each: Suite | undefined = suite; each; each = each.parent) list.unshift(each);
  return list;
}

function bodyOf(second: unknown, third: unknown): Body {
  const body = typeof second === "function" ? second : third;
  if (typeof body !== "function") throw new TypeError("a test without a function");
  return body as Body;
}

function addTest(name: string, second: unknown, third?: unknown): void {
  const { suite } = state;
  state.tests.push({ suite, name, body: bodyOf(second, third) });
  for (const each of chain(suite)) each.remaining += 1;
}

function addSuite(name: string, second: unknown, third?: unknown): void {
  const outer = state.suite;
  state.suite = createSuite(name, outer);
  try {
    bodyOf(second, third)();
  } finally {
    state.suite = outer;
  }
}

type Register = (name: string, body: Body) => void;

function eachOf(register: Register): (cases: readonly unknown[]) => Register {
  return (cases) => (name, body) => {
    cases.forEach((row, index) => {
      const parameters = Array.isArray(row) ? row : [row];
      register(formatName(name, parameters, index), () => body(...parameters));
    });
  };
}

/** `it` and `describe` with their tables. */
interface Declaration {
  (name: string, second: unknown, third?: unknown): void;
  each(cases: readonly unknown[]): Register;
}

export const it: Declaration = Object.assign(addTest, { each: eachOf(addTest) });
export const test: Declaration = it;
export const describe: Declaration = Object.assign(addSuite, { each: eachOf(addSuite) });

export const beforeAll = (hook: Hook): number => state.suite.beforeAll.push(hook);
export const afterAll = (hook: Hook): number => state.suite.afterAll.push(hook);
export const beforeEach = (hook: Hook): number => state.suite.beforeEach.push(hook);
export const afterEach = (hook: Hook): number => state.suite.afterEach.push(hook);
/** Of the running test: called after its `afterEach`, the last registered first. */
export const onTestFinished = (hook: Hook): number => state.finishing.unshift(hook);

/** `vi` as far as it makes sense without a module mocker and a wall clock. */
export const vi: Record<string, unknown> = {
  fn: spies.fn,
  spyOn: spies.spyOn,
  isMockFunction: spies.isMockFunction,
  restoreAllMocks: spies.restoreAllMocks,
  clearAllMocks: spies.clearAllMocks,
  resetAllMocks: spies.resetAllMocks,
};

interface Expect {
  (value: unknown, message?: string): unknown;
  [name: string]: unknown;
}

function createExpect(): Expect {
  const expect = ((value: unknown, message?: string) => {
    const known = getState(expect as never) as { assertionCalls: number };
    setState({ assertionCalls: known.assertionCalls + 1 } as never, expect as never);
    return chai.expect(value, message);
  }) as Expect;
  Object.assign(expect, chai.expect, (globalThis as never)[ASYMMETRIC_MATCHERS_OBJECT]);
  expect.getState = () => getState(expect as never);
  expect.setState = (value: never) => setState(value, expect as never);
  const { expect: chaiExpect } = chai as never as {
    expect: { extend(expect: Expect, matchers: unknown): void };
  };
  expect.extend = (matchers: unknown) => chaiExpect.extend(expect, matchers);
  expect.fail = (message = "expect.fail()") => {
    throw new chai.AssertionError(message);
  };
  expect.unreachable = (message = "") => {
    throw new chai.AssertionError(`expected not to be reached ${message}`);
  };
  (expect.setState as (value: unknown) => void)({ assertionCalls: 0, isExpectingAssertions: false });
  Object.defineProperty(globalThis, Symbol.for("expect-global"), {
    value: expect,
    writable: true,
    configurable: true,
  });
  (expect.extend as (matchers: unknown) => void)(customMatchers);
  return expect;
}

export const expect: Expect = createExpect();

// For the host

/** Full names, the suites first: `[["a suite", "a test"], ...]`. */
export function collect(): string[][] {
  return state.tests.map(({ suite, name }) => [
    ...chain(suite)
      .slice(1)
      .map((each) => each.name),
    name,
  ]);
}

/** Starts test `index`; `outcome()` says when it is done. */
export function start(index: number): void {
  const outcome: Outcome = { done: false };
  state.outcome = outcome;
  run(state.tests[index]!).then(
    () => {
      outcome.done = true;
    },
    (error: unknown) => {
      outcome.done = true;
      outcome.error = describeError(error);
    },
  );
}

export const outcome = (): Outcome => state.outcome;

async function run({ suite, body }: Test): Promise<void> {
  const suites = chain(suite);
  const outward = [...suites].reverse();
  try {
    await enter(suites);
    await runHooks(suites.flatMap((each) => each.beforeEach));
    try {
      await body();
    } finally {
      await runHooks(outward.flatMap((each) => each.afterEach));
      await runHooks(state.finishing.splice(0));
    }
  } finally {
    await leave(outward);
  }
}

async function runHooks(hooks: readonly Hook[]): Promise<void> {
  for (const hook of hooks) await hook();
}

/** Before the first test of a suite. */
async function enter(suites: readonly Suite[]): Promise<void> {
  for (const suite of suites) {
    if (suite.entered) continue;
    suite.entered = true;
    await runHooks(suite.beforeAll);
  }
}

/** After the last test of a suite. */
async function leave(suites: readonly Suite[]): Promise<void> {
  for (const suite of suites) {
    suite.remaining -= 1;
    if (suite.remaining === 0) await runHooks(suite.afterAll);
  }
}

function describeError(error: unknown): NonNullable<Outcome["error"]> {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: "" };
  const { expected, actual, name, message, stack } = error as Error & {
    expected?: unknown;
    actual?: unknown;
  };
  const result: NonNullable<Outcome["error"]> = { name, message, stack: stack ?? "" };
  if (expected !== undefined || actual !== undefined) {
    result.expected = print(expected);
    result.actual = print(actual);
  }
  return result;
}

function print(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return (chai.util as unknown as { inspect(value: unknown): string }).inspect(value);
  } catch {
    return String(value);
  }
}
