import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of a Vite plugin that is used here. */
interface TransformPlugin {
  readonly name: string;
  readonly enforce: "pre";
  transform(code: string, id: string): { code: string; map: null } | undefined;
}

const TEST_FILE: string = fileURLToPath(new URL("./test-file.ts", import.meta.url));

/** Runs the test files of a Vitest project in XS: each test there is one test here. */
export function xsTests(root: string): TransformPlugin {
  return {
    name: "thimble-xs",
    enforce: "pre",
    transform(_code, id) {
      if (!id.endsWith(".test.ts")) return undefined;
      const path = relative(root, id).replaceAll("\\", "/");
      return { code: generated(path, root), map: null };
    },
  };
}

function generated(path: string, root: string): string {
  return `import { afterAll, describe, it } from "vitest";
import { loadTestFile } from ${JSON.stringify(TEST_FILE)};
const file = await loadTestFile(${JSON.stringify(path)}, ${JSON.stringify(root)});
const register = (names, index) => names.length === 1
  ? it(names[0], () => file.run(index))
  : describe(names[0], () => register(names.slice(1), index));
file.names.forEach((names, index) => register(names, index));
afterAll(() => file.close());
`;
}
