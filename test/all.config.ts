import { fileURLToPath } from "node:url";
import type { ViteUserConfig } from "vitest/config";
import nodeTests from "./vitest.config";
import xsTests from "./xs/vitest.config";

/** Everything under Node, and the tests of device code a second time in the XS engine; each is reported by its project's name. */
const config: ViteUserConfig = {
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: { projects: [nodeTests, xsTests] },
};

export default config;
