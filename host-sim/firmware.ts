import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { manifestPlatforms, readManifest } from "./manifest/manifest";
import type { Creation } from "./manifest/resolved-manifest";

/** One module of a firmware, compiled for the simulator. */
export interface FirmwareModule {
  /** As in the manifest: `device/mqtt/packet-writer`. */
  readonly specifier: string;
  /** Of the TypeScript source, from the root of the repository. */
  readonly file: string;
  /** CommonJS with an inline source map, for Node's engine. */
  readonly code: string;
  /** ES module with its source map, for XS: imports stand as they are in the source, and so do the lines. */
  readonly source: { readonly source: string; readonly map?: string };
  /** Constants, classes and functions at its top level, exported or not. */
  readonly topLevelNames: readonly string[];
  /** Frozen after it has been evaluated, as on the chip. */
  readonly isPreloaded: boolean;
}

/** What would be flashed: all modules of one manifest. */
export interface Firmware {
  readonly name: string;
  /** Specifier of the module whose default export starts it. */
  readonly main: string;
  readonly modules: ReadonlyMap<string, FirmwareModule>;
  /** Specifiers of the platform that the manifest includes; `undefined`: whatever the simulator provides. */
  readonly platformSpecifiers: ReadonlySet<string> | undefined;
  /** The manifest's `config`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The manifest's `creation`: sizes of the machine. */
  readonly creation?: Creation;
}

/** Where the parts of a firmware are: a manifest in short. */
export interface FirmwareSource {
  readonly name: string;
  readonly main: string;
  /** Specifier to absolute path of a TypeScript file. */
  readonly files: ReadonlyMap<string, string>;
  readonly preload?: readonly string[];
  readonly platformSpecifiers?: ReadonlySet<string>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly creation?: Creation;
}

/** Of the repository, or of the installed package: `host-sim/` and `dist/` both stand right below it. */
const ROOT = fileURLToPath(new URL("..", import.meta.url));

const TRANSFORM = {
  loader: "ts",
  target: "es2022",
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
} as const;

const cache = new Map<string, Promise<Firmware>>();

/**
 * Reads `manifests/<name>/manifest.json` and compiles its modules, once for all devices that run it.
 * @param name - `thermometer`, `light` or `camera`
 * @throws {ManifestError} if the manifest is wrong; {Error} if there is no such firmware, or a module does not compile
 */
export function loadFirmware(name: string): Promise<Firmware> {
  let firmware = cache.get(name);
  if (!firmware) {
    firmware = compileFirmware(findFirmware(name));
    // A firmware that does not compile may be mended and started again.
    firmware.catch(() => cache.delete(name));
    cache.set(name, firmware);
  }
  return firmware;
}

/** Compiles every module of a firmware; nothing is cached. */
export async function compileFirmware(source: FirmwareSource): Promise<Firmware> {
  const preload = source.preload && new Set(source.preload);
  const modules = await Promise.all(
    [...source.files].map(([specifier, path]) =>
      compileModule(specifier, path, preload === undefined || isPreloaded(specifier, preload)),
    ),
  );
  return {
    name: source.name,
    main: source.main,
    modules: new Map(modules.map((module) => [module.specifier, module])),
    platformSpecifiers: source.platformSpecifiers,
    config: source.config ?? {},
    ...(source.creation ? { creation: source.creation } : {}),
  };
}

function findFirmware(name: string): FirmwareSource {
  const path = join(ROOT, "manifests", name, "manifest.json");
  if (!existsSync(path)) return withoutManifest(name);
  const platform = manifestPlatforms(path).find((candidate) => candidate.startsWith("esp32")) ?? "esp32";
  const manifest = readManifest(path, { platform });
  return {
    name,
    main: manifest.main,
    files: manifest.modules,
    preload: manifest.preload,
    platformSpecifiers: manifest.sdkSpecifiers,
    config: manifest.config,
    creation: manifest.creation,
  };
}

/** A firmware that has no manifest yet can use every module below `device/`. */
function withoutManifest(name: string): FirmwareSource {
  const main = `device/apps/${name}/main`;
  if (!existsSync(join(ROOT, `${main}.ts`))) throw new Error(`there is no firmware ${name}: no ${main}.ts`);
  const files = readdirSync(join(ROOT, "device"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => `device/${file.split(sep).join("/")}`);
  return {
    name,
    main,
    files: new Map(files.map((file) => [file.slice(0, -".ts".length), join(ROOT, file)])),
  };
}

/** `preload` names modules, or with `*` at the end all whose specifier begins so. */
function isPreloaded(specifier: string, preload: ReadonlySet<string>): boolean {
  if (preload.has(specifier)) return true;
  for (const entry of preload)
    if (entry.endsWith("*") && specifier.startsWith(entry.slice(0, -1))) return true;
  return false;
}

async function compileModule(specifier: string, path: string, preloaded: boolean): Promise<FirmwareModule> {
  const file = relative(ROOT, path).split(sep).join("/");
  const text = readFileSync(path, "utf8");
  const options = { ...TRANSFORM, sourcefile: file };
  const [{ code }, module] = await Promise.all([
    transform(text, { ...options, format: "cjs", sourcemap: "inline" }),
    transform(text, { ...options, format: "esm", sourcemap: "external" }),
  ]);
  // A module of types only has nothing to map.
  const source =
    module.code.trim() === "" ? { source: module.code } : { source: module.code, map: module.map };
  return { specifier, file, code, source, topLevelNames: topLevelNames(code), isPreloaded: preloaded };
}

/** esbuild prints top-level statements, and nothing else but text in templates, at the beginning of a line. */
function topLevelNames(code: string): string[] {
  const names = code.matchAll(/^(?:const|class|function|async function) ([A-Za-z_$][\w$]*)/gm);
  return [...names].map((match) => match[1]!);
}
