import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { examineManifest, ManifestError, manifestPlatforms } from "./manifest";
import { exportsDefaultFunction, type ImportLine, readImports } from "./module-source";
import type { Problem, ResolvedManifest } from "./resolved-manifest";
import { resolveSpecifier } from "./specifier";

/** `file:line: message`, as editors and terminals link it. Files are given relative to `root` when that is shorter. */
export function printProblem(problem: Problem, root: string = process.cwd()): string {
  const inside = relative(root, problem.file);
  return `${inside.startsWith("..") ? problem.file : inside}:${problem.line}: ${problem.message}`;
}

/**
 * Proves without the Moddable SDK that every firmware in `<root>/manifests/<name>/manifest.json` and the imports of its
 * modules agree, on each platform that the manifest names.
 * @param root - the directory that holds `manifests/`
 * @returns what does not agree, in the order of files and lines; empty when all is well
 */
export async function checkManifests(root: string): Promise<Problem[]> {
  const found = new Map<string, { problem: Problem; builds: Build[] }>();
  const builds: Build[] = [];
  for (const { path, name } of firmwareManifests(root)) {
    const { platforms, problem } = platformsOf(path);
    if (problem) found.set(path, { problem, builds: [] });
    for (const platform of platforms) {
      const build: Build = { name, platform };
      builds.push(build);
      for (const problem of checkFirmware(path, platform)) {
        const key = JSON.stringify([problem.file, problem.line, problem.message]);
        const entry = found.get(key) ?? { problem, builds: [] };
        entry.builds.push(build);
        found.set(key, entry);
      }
    }
  }
  return [...found.values()]
    .map((entry) => ({
      ...entry.problem,
      message: entry.problem.message + describeBuilds(entry.builds, builds),
    }))
    .sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** One firmware on one platform. */
interface Build {
  readonly name: string;
  readonly platform: string;
}

/** Where a problem shows: nothing when it shows everywhere, a firmware's name when on all its platforms. */
function describeBuilds(some: readonly Build[], all: readonly Build[]): string {
  if (some.length === 0 || some.length === all.length) return "";
  const words = [...new Set(some.map(({ name }) => name))].map((name) => {
    const platforms = some.filter((build) => build.name === name).map((build) => build.platform);
    const everywhere = platforms.length === all.filter((build) => build.name === name).length;
    return everywhere ? name : `${name} for ${platforms.join(" and ")}`;
  });
  return ` (${words.join(", ")})`;
}

/** Every firmware of the project: the directories of `<root>/manifests` that hold a manifest.json. */
export function firmwareManifests(root: string): { name: string; path: string }[] {
  const directory = join(root, "manifests");
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => ({ name: entry.name, path: join(directory, entry.name, "manifest.json") }))
    .filter(({ path }) => existsSync(path))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function platformsOf(path: string): { platforms: string[]; problem?: Problem } {
  try {
    const platforms = manifestPlatforms(path);
    if (platforms.length > 0) return { platforms };
    return {
      platforms,
      problem: { file: path, line: 1, message: "names no platform: add them to `platforms`" },
    };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return { platforms: [], problem: error.problem };
  }
}

/** Checks one firmware on one platform. */
export function checkFirmware(path: string, platform: string): Problem[] {
  const { manifest, missing, problems } = examineManifest(path, platform);
  const imports = new Map<string, readonly ImportLine[]>();
  for (const [specifier, file] of manifest.modules) {
    imports.set(specifier, file.endsWith(".json") ? [] : readImports(readFileSync(file, "utf8")));
  }
  const firmware: Firmware = { manifest, missing, imports };
  problems.push(...unresolvedImports(firmware), ...mainProblems(firmware));
  // Only when every module was read can one say which of them nobody needs.
  if (problems.length === 0) problems.push(...superfluousModules(firmware));
  return [...problems, ...preloadProblems(firmware)];
}

interface Firmware {
  readonly manifest: ResolvedManifest;
  readonly missing: ReadonlySet<string>;
  /** By specifier of the importing module. */
  readonly imports: ReadonlyMap<string, readonly ImportLine[]>;
}

function unresolvedImports(firmware: Firmware): Problem[] {
  const problems: Problem[] = [];
  for (const [specifier, file] of firmware.manifest.modules) {
    for (const line of firmware.imports.get(specifier) ?? []) {
      const message = importProblem(firmware, specifier, line);
      if (message !== undefined) problems.push({ file, line: line.line, message });
    }
  }
  return problems;
}

function importProblem(firmware: Firmware, importer: string, line: ImportLine): string | undefined {
  const { manifest, missing } = firmware;
  if (line.typeOnly) return undefined;
  if (line.dynamic) return `import("${line.specifier}") cannot be followed: import it at the top`;
  const target = resolveSpecifier(line.specifier, importer);
  if (target === undefined) return `"${line.specifier}" leads out of the tree of specifiers`;
  if (manifest.modules.has(target) || manifest.sdkSpecifiers.has(target) || missing.has(target)) {
    return undefined;
  }
  const written = target === line.specifier ? "" : ` (${target})`;
  return `"${line.specifier}"${written} is neither in the manifest nor provided by the SDK parts it includes`;
}

function superfluousModules({ manifest, imports }: Firmware): Problem[] {
  const reached = new Set<string>();
  const queue = [manifest.main];
  // `setup/...` modules run before main, without anyone importing them.
  for (const specifier of manifest.modules.keys()) if (specifier.startsWith("setup/")) queue.push(specifier);
  for (let specifier = queue.pop(); specifier !== undefined; specifier = queue.pop()) {
    if (reached.has(specifier)) continue;
    reached.add(specifier);
    for (const line of imports.get(specifier) ?? []) {
      const target = line.typeOnly ? undefined : resolveSpecifier(line.specifier, specifier);
      if (target !== undefined) queue.push(target);
    }
  }
  return [...manifest.modules.keys()]
    .filter((specifier) => !reached.has(specifier))
    .map((specifier) =>
      at(manifest, `modules ${specifier}`, `${specifier} is superfluous: nothing imports it`),
    );
}

function preloadProblems(firmware: Firmware): Problem[] {
  const { manifest, imports } = firmware;
  const preloaded = new Set(manifest.preload);
  return [
    ...[...preloaded].flatMap((specifier) => preloadLineProblems(firmware, specifier)),
    ...(onChip(manifest)
      ? notPreloaded(manifest, preloaded)
      : [...preloaded].flatMap((specifier) =>
          preloadedUnawares(manifest, specifier, imports.get(specifier) ?? [], preloaded),
        )),
  ];
}

/** `lin` is a desktop: memory is no concern there, and its stand-ins for hardware cannot be preloaded. */
function onChip(manifest: ResolvedManifest): boolean {
  return manifest.platform.split("/")[0] !== "lin";
}

function notPreloaded(manifest: ResolvedManifest, preloaded: ReadonlySet<string>): Problem[] {
  return [...manifest.modules.keys()]
    .filter((specifier) => !preloaded.has(specifier))
    .map((specifier) =>
      at(
        manifest,
        `modules ${specifier}`,
        `${specifier} is not preloaded: its classes and functions would take RAM`,
      ),
    );
}

function preloadLineProblems({ manifest, missing }: Firmware, specifier: string): Problem[] {
  const place = `preload ${specifier}`;
  if (specifier.includes("*")) {
    // mcconfig expands a pattern over JavaScript files only, so a TypeScript module would silently stay in RAM.
    return [at(manifest, place, `preload names modules one by one: ${specifier} misses TypeScript files`)];
  }
  if (manifest.modules.has(specifier) || missing.has(specifier)) return [];
  return [at(manifest, place, `${specifier} is in preload but not in modules`)];
}

/** Preloading a module preloads all that it imports, whether listed or not: the list must tell the truth. */
function preloadedUnawares(
  manifest: ResolvedManifest,
  specifier: string,
  lines: readonly ImportLine[],
  preloaded: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = [];
  for (const line of lines) {
    const target = line.typeOnly ? undefined : resolveSpecifier(line.specifier, specifier);
    if (target === undefined || preloaded.has(target) || !manifest.modules.has(target)) continue;
    const message = `${target} is preloaded because ${specifier} imports it, but is not in preload`;
    problems.push(at(manifest, `modules ${target}`, message));
  }
  return problems;
}

function mainProblems({ manifest, missing }: Firmware): Problem[] {
  if (missing.has(manifest.main)) return [];
  const file = manifest.modules.get(manifest.main);
  if (file === undefined) {
    return [
      { file: manifest.path, line: 1, message: `creation.main is ${manifest.main}, which is not in modules` },
    ];
  }
  if (exportsDefaultFunction(readFileSync(file, "utf8"))) return [];
  return [
    { file, line: 1, message: "main has no `export default function`: a preloaded main would never start" },
  ];
}

function at(manifest: ResolvedManifest, place: string, message: string): Problem {
  return { ...(manifest.positions.get(place) ?? { file: manifest.path, line: 1 }), message };
}
