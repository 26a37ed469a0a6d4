import { fileURLToPath } from "node:url";
import type { ViteUserConfig } from "vitest/config";
import nodeTests from "./vitest.config";
import xsTests from "./xs/vitest.config";

/** Everything under Node, and the tests of device code a second time in the XS engine; each is reported by its project's name. */
const config: ViteUserConfig = {
  root: fileURLToPath(new URL("..", import.meta.url)),
  // Vitest leaves a core free, which on two is half of the time; and many tests wait for brokers.
  test: { projects: [nodeTests, xsTests], maxWorkers: 2 },
};

export default config;
