import { fileURLToPath } from "node:url";
import type { ViteUserConfig } from "vitest/config";

const root: string = fileURLToPath(new URL("..", import.meta.url));

const config: ViteUserConfig = {
  root,
  resolve: {
    alias: {
      // Device modules import `timer` as on the board. In unit tests it runs on a virtual clock of the test file.
      timer: `${root}test/support/timer.ts`,
    },
  },
  test: {
    name: "node",
    include: ["test/**/*.test.ts"],
    exclude: ["test/types/**", "node_modules/**"],
    // The engine is compiled once, before a test that needs it waits for it.
    globalSetup: ["test/xs/build-engine.ts"],
    setupFiles: ["test/support/xs-globals.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    coverage: { provider: "v8", include: ["device/**"] },
  },
};

export default config;
