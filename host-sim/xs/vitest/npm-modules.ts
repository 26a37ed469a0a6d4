import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import type { ModuleLoader, ModuleSource } from "../modules";

/** mqtt-packet makes a cache of 65,536 buffers at its first packet: seconds in XS. */
const SETUP: Readonly<Record<string, string>> = {
  "mqtt-packet": "all.default.writeToStream.cacheNumbers = false;",
};

/**
 * Packages that test files compare with (`mqtt-packet`, `fast-check`), bundled for XS with Node's `Buffer` and `events` from
 * npm. Only modules under test/ get them.
 */
export class NpmModules implements ModuleLoader {
  readonly #root: string;
  readonly #packages: ReadonlySet<string>;
  readonly #bundles: Map<string, ModuleSource> = new Map();

  constructor(root: string, packages: readonly string[]) {
    this.#root = root;
    this.#packages = new Set(packages);
  }

  resolve(specifier: string, importer: string): string | undefined {
    return this.#packages.has(specifier) && (importer === "" || importer.startsWith("test/"))
      ? specifier
      : undefined;
  }

  load(name: string): ModuleSource | undefined {
    if (!this.#packages.has(name)) return undefined;
    let module = this.#bundles.get(name);
    if (!module) {
      module = { source: this.#bundle(name) };
      this.#bundles.set(name, module);
    }
    return module;
  }

  #bundle(name: string): string {
    // The names that CommonJS exports are known only after it has run.
    const exported = createRequire(`${this.#root}/package.json`)(name) as object;
    const names = Object.keys(exported).filter(
      (each) => each !== "default" && /^[A-Za-z_$][\w$]*$/.test(each),
    );
    const contents = `import * as all from "${name}";
const { ${names.join(", ")} } = all.default ?? all;
export { ${names.join(", ")} };
export { Buffer } from "buffer/";
${SETUP[name] ?? ""}
export default all.default;`;
    const result = buildSync({
      stdin: { contents, resolveDir: this.#root },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      define: { "process.env.NODE_ENV": '"test"', global: "globalThis" },
      banner: { js: "const self = { AbortController: class {}, AbortSignal: class {} };" },
      inject: [fileURLToPath(new URL("./node-globals.mjs", import.meta.url))],
      logLevel: "silent",
    });
    return result.outputFiles[0]?.text ?? "";
  }
}
