// Vitest as the tests see it in runner.mjs, which calls them itself: Vitest does not know then which test runs.

export * from "vitest";

type Finish = () => unknown;

/** What runner.mjs calls after the test. */
export function onTestFinished(callback: Finish): void {
  const shared = globalThis as { __mutationFinished?: Finish[] };
  shared.__mutationFinished ??= [];
  shared.__mutationFinished.push(callback);
}
