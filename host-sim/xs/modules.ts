import { readFileSync, statSync } from "node:fs";
import { posix, resolve } from "node:path";
import { type TransformOptions, transformSync } from "esbuild";

/** A module as the engine compiles it. */
export interface ModuleSource {
  readonly source: string;
  /** Source map (version 3, one source): lines in stacks are then those of the original. */
  readonly map?: string;
  /** The source declares host functions with `@ "name"`. */
  readonly native?: boolean;
}

/** Where a machine gets its modules from. */
export interface ModuleLoader {
  /** The name of the module that `specifier` means in `importer` (empty: the host asks), or undefined. */
  resolve(specifier: string, importer: string): string | undefined;
  load(name: string): ModuleSource | undefined;
}

const TRANSFORM: TransformOptions = {
  loader: "ts",
  format: "esm",
  // XS 13.3 has ES2022 and not everything of what came later
  target: "es2022",
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
};

/**
 * TypeScript and JavaScript files below `root`, each one module as on the board; its name is its path without extension, as
 * in our manifests: `device/mqtt/topic`.
 */
export class FileModules implements ModuleLoader {
  readonly #root: string;
  readonly #cache: Map<string, ModuleSource> = new Map();

  constructor(root: string) {
    this.#root = root;
  }

  resolve(specifier: string, importer: string): string | undefined {
    const relative = specifier.startsWith("./") || specifier.startsWith("../");
    const path = relative ? posix.join(posix.dirname(importer), specifier) : specifier;
    const name = path.replace(/\.[jt]s$/, "");
    return this.#file(name) ? name : undefined;
  }

  load(name: string): ModuleSource | undefined {
    const known = this.#cache.get(name);
    if (known) return known;
    const path = this.#file(name);
    if (!path) return undefined;
    const text = readFileSync(resolve(this.#root, path), "utf8");
    const { code, map } = transformSync(text, { ...TRANSFORM, sourcefile: path, sourcemap: "external" });
    // A module of types only has nothing to map, and XS wants at least one source.
    const module = code.trim() === "" ? { source: code } : { source: code, map };
    this.#cache.set(name, module);
    return module;
  }

  #file(name: string): string | undefined {
    return [`${name}.ts`, `${name}.js`].find((path) =>
      statSync(resolve(this.#root, path), { throwIfNoEntry: false })?.isFile(),
    );
  }
}

/** Modules by name, from memory. */
export class TextModules implements ModuleLoader {
  readonly #modules: Readonly<Record<string, ModuleSource | string>>;

  constructor(modules: Readonly<Record<string, ModuleSource | string>>) {
    this.#modules = modules;
  }

  resolve(specifier: string, importer: string): string | undefined {
    const name = specifier.startsWith(".") ? posix.join(posix.dirname(importer), specifier) : specifier;
    return Object.hasOwn(this.#modules, name) ? name : undefined;
  }

  load(name: string): ModuleSource | undefined {
    if (!Object.hasOwn(this.#modules, name)) return undefined;
    const module = this.#modules[name];
    return typeof module === "string" ? { source: module } : module;
  }
}

/** The first of `loaders` that knows a module wins. */
export function combineModules(...loaders: readonly ModuleLoader[]): ModuleLoader {
  return {
    resolve(specifier, importer) {
      for (const loader of loaders) {
        const name = loader.resolve(specifier, importer);
        if (name !== undefined) return name;
      }
      return undefined;
    },
    load(name) {
      for (const loader of loaders) {
        const module = loader.load(name);
        if (module) return module;
      }
      return undefined;
    },
  };
}
