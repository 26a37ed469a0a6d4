import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import type { ModuleSource } from "../modules";

/** XS has no TextEncoder, console, process and the like; what the bundled packages want of them at import is this. */
const BANNER = `const process = { env: {}, argv: [], platform: "xs", stdout: {}, cwd: () => "/" };
const console = Object.freeze({ log() {}, warn() {}, error() {} });
const URL = class URL {};
const Event = class Event {};
const EventTarget = class EventTarget { addEventListener() {} removeEventListener() {} dispatchEvent() { return true; } };
const navigator = undefined;
`;

const OPTIONS: BuildOptions = {
  bundle: true,
  write: false,
  format: "esm",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["module", "import", "default"],
  target: "es2022",
  banner: { js: BANNER },
  logLevel: "silent",
};

let bundled: Promise<ModuleSource> | undefined;

/** The module `vitest` for XS: shim.ts with what it imports. Once a process. */
export function vitestModule(): Promise<ModuleSource> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<ModuleSource> {
  const result = await build({
    ...OPTIONS,
    entryPoints: [fileURLToPath(new URL("./shim.ts", import.meta.url))],
  });
  return { source: result.outputFiles?.[0]?.text ?? "" };
}
