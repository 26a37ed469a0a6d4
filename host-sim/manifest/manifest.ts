import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type JSONPath, JSONSource, JSONSourceError, type JSONValue } from "./json-source";
import { addModules, type ModuleCollector } from "./modules";
import { matchPlatform } from "./platforms";
import type { Creation, Position, Problem, ResolvedManifest } from "./resolved-manifest";
import { GENERATED_SPECIFIERS, sdkIncludeSpecifiers } from "./sdk-includes";
import { isMembers, type Members, member, positionOf, type Section, strings } from "./section";

/** The first disagreement met while reading a manifest, with the line that is wrong. */
export class ManifestError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.file}:${problem.line}: ${problem.message}`);
    this.problem = problem;
  }
}

/**
 * Reads a firmware manifest with its includes for one platform, and merges them as `mcconfig` does: includes first, then
 * the manifest, then its entry in `platforms`.
 * Includes of the Moddable SDK (`$(MODDABLE)/...`) are not read: they stand for the specifiers listed in `sdk-includes.ts`.
 * @param path - absolute or relative to the working directory, for example `manifests/thermometer/manifest.json`
 * @param options.platform - by default the first that the manifest names in `platforms`: the board it is made for
 * @throws {ManifestError} naming file and line when a file is missing, is not JSON, or includes something unknown
 */
export function readManifest(path: string, options: { platform?: string } = {}): ResolvedManifest {
  const { manifest, problems } = examineManifest(
    path,
    options.platform ?? manifestPlatforms(path)[0] ?? "esp32",
  );
  const problem = problems[0];
  if (problem !== undefined) throw new ManifestError(problem);
  return manifest;
}

/**
 * Like `readManifest`, but goes on after a problem, to report them all.
 * @returns `missing`: specifiers that are listed but have no file
 */
export function examineManifest(
  path: string,
  platform: string,
): { manifest: ResolvedManifest; missing: ReadonlySet<string>; problems: Problem[] } {
  const reader = new ManifestReader(platform);
  const absolute = resolve(path);
  reader.include(absolute, { file: absolute, line: 1 });
  const creation = reader.creation as Creation;
  const manifest: ResolvedManifest = {
    path: absolute,
    platform,
    main: creation.main ?? "main",
    modules: reader.modules,
    sdkSpecifiers: reader.sdkSpecifiers,
    preload: reader.preload,
    config: reader.config,
    creation,
    positions: reader.positions,
  };
  return { manifest, missing: reader.missing, problems: reader.problems };
}

/**
 * The platforms a firmware manifest is made for: the keys of its own `platforms`, or, where it has none, of those of the manifest that
 * it includes first.
 * @throws {ManifestError} when one of them cannot be read
 */
export function manifestPlatforms(path: string, from: Position = { file: path, line: 1 }): string[] {
  const source = parse(path, from);
  const platforms = member(source.value, "platforms");
  if (platforms) return Object.keys(platforms).filter((name) => name !== "..." && !name.includes("*"));
  if (!isMembers(source.value)) return [];
  const section: Section = { file: path, source, path: [], value: source.value };
  const [first] = strings(section, "include");
  if (!first || first[0].startsWith("$(")) return [];
  return manifestPlatforms(resolve(dirname(path), first[0]), positionOf(section, first[1]));
}

class ManifestReader implements ModuleCollector {
  readonly platform: string;
  readonly modules: Map<string, string> = new Map();
  readonly missing: Set<string> = new Set();
  readonly sdkSpecifiers: Set<string> = new Set(GENERATED_SPECIFIERS);
  readonly preload: string[] = [];
  readonly config: Record<string, unknown> = {};
  readonly creation: Record<string, unknown> = {};
  readonly positions: Map<string, Position> = new Map();
  readonly problems: Problem[] = [];
  readonly #already: Set<string> = new Set();

  constructor(platform: string) {
    this.platform = platform;
  }

  /** @param from - the line that names the file, blamed when it cannot be read */
  include(file: string, from: Position): void {
    if (this.#already.has(file)) return;
    this.#already.add(file);
    let source: JSONSource;
    try {
      source = parse(file, from);
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      this.problems.push(error.problem);
      return;
    }
    const sections = this.#sections(file, source);
    for (const section of sections) this.#includes(section);
    for (const section of sections) this.#merge(section);
  }

  report(section: Section, path: JSONPath, message: string): void {
    this.problems.push({ ...positionOf(section, path), message });
  }

  #sections(file: string, source: JSONSource): Section[] {
    const value = source.value;
    if (!isMembers(value)) {
      this.problems.push({ file, line: 1, message: "a manifest is a JSON object" });
      return [];
    }
    const sections: Section[] = [{ file, source, path: [], value }];
    const platforms = member(value, "platforms");
    const name = platforms && matchPlatform(Object.keys(platforms), this.platform);
    const entry = name === undefined ? undefined : platforms?.[name];
    if (name !== undefined && isMembers(entry)) {
      sections.push({ file, source, path: ["platforms", name], value: entry });
    }
    return sections;
  }

  #includes(section: Section): void {
    for (const [include, path] of strings(section, "include")) {
      if (include.startsWith("$(")) {
        const specifiers = sdkIncludeSpecifiers(include, this.platform);
        if (specifiers === undefined) {
          this.report(
            section,
            path,
            `${include} is unknown: say in sdk-includes.ts which specifiers it provides`,
          );
        }
        for (const specifier of specifiers ?? []) this.sdkSpecifiers.add(specifier);
      } else {
        this.include(resolve(dirname(section.file), include), positionOf(section, path));
      }
    }
  }

  #merge(section: Section): void {
    merge(this.config, member(section.value, "config") ?? {});
    merge(this.creation, member(section.value, "creation") ?? {});
    addModules(this, section);
    for (const [specifier, path] of strings(section, "preload")) {
      this.preload.push(specifier);
      this.positions.set(`preload ${specifier}`, positionOf(section, path));
    }
    for (const [message, path] of strings(section, "error")) this.report(section, path, message);
  }
}

function parse(file: string, from: Position): JSONSource {
  if (!existsSync(file)) throw new ManifestError({ ...from, message: `${file} does not exist` });
  try {
    return new JSONSource(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof JSONSourceError) {
      throw new ManifestError({ file, line: error.line, message: error.message });
    }
    throw error;
  }
}

/** As `mcconfig` merges `config` and `creation`: objects member by member, the later manifest wins. */
function merge(target: Record<string, unknown>, source: Members): void {
  for (const [name, value] of Object.entries(source)) {
    const former = target[name];
    if (isMembers(former as JSONValue) && isMembers(value)) merge(former as Record<string, unknown>, value);
    else target[name] = isMembers(value) ? structuredClone(value) : value;
  }
}
