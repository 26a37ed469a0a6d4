import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of a Vite plugin that is used here. */
interface TransformPlugin {
  readonly name: string;
  readonly enforce: "pre";
  transform(code: string, id: string): { code: string; map: null } | undefined;
}

const TEST_FILE: string = fileURLToPath(new URL("./test-file.ts", import.meta.url));

/** Tests that are not for XS, and why not. */
export interface NodeOnly {
  /** From the root of the repository. */
  readonly file: string;
  /** The beginning of the full name, parts joined by " > ". */
  readonly name: string;
  readonly why: string;
}

/**
 * Runs the test files of a Vitest project in XS: each test there is one test here.
 * @param nodeOnly - left out
 */
export function xsTests(root: string, nodeOnly: readonly NodeOnly[] = []): TransformPlugin {
  return {
    name: "thimble-xs",
    enforce: "pre",
    transform(_code, id) {
      if (!id.endsWith(".test.ts")) return undefined;
      const path = relative(root, id).replaceAll("\\", "/");
      const names = nodeOnly.filter(({ file }) => file === path).map(({ name }) => name);
      return { code: generated(path, root, names), map: null };
    },
  };
}

function generated(path: string, root: string, leftOut: readonly string[]): string {
  return `import { afterAll, describe, it } from "vitest";
import { loadTestFile } from ${JSON.stringify(TEST_FILE)};
const file = await loadTestFile(${JSON.stringify(path)}, ${JSON.stringify(root)});
const leftOut = ${JSON.stringify(leftOut)};
const register = (names, index) => names.length === 1
  ? it(names[0], () => file.run(index))
  : describe(names[0], () => register(names.slice(1), index));
file.names.forEach((names, index) => {
  if (!leftOut.some((name) => names.join(" > ").startsWith(name))) register(names, index);
});
afterAll(() => file.close());
`;
}
