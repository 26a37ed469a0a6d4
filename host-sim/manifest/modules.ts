import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import type { JSONPath, JSONValue } from "./json-source";
import type { Position } from "./resolved-manifest";
import { isMembers, positionOf, type Section } from "./section";

/** What the modules of all sections are gathered in. */
export interface ModuleCollector {
  readonly modules: Map<string, string>;
  /** Listed, but the file is not there: complained of once, here, and nowhere else. */
  readonly missing: Set<string>;
  readonly sdkSpecifiers: Set<string>;
  readonly positions: Map<string, Position>;
  report(section: Section, path: JSONPath, message: string): void;
}

/** What `mcconfig` compiles; declaration files only tell the compiler about types. */
const EXTENSIONS: readonly string[] = [".ts", ".js", ".mjs", ".json"];

/** Adds the `modules` of one manifest section: `specifier: path`, `specifier: [path, ...]`, and `*` in either. */
export function addModules(collector: ModuleCollector, section: Section): void {
  const modules = section.value.modules;
  if (!isMembers(modules)) return;
  for (const [target, sources] of Object.entries(modules)) {
    const isArray = Array.isArray(sources);
    const list: readonly JSONValue[] = isArray ? sources : [sources];
    list.forEach((source, index) => {
      const path: JSONPath = isArray ? ["modules", target, index] : ["modules", target];
      if (typeof source === "string") addSource(collector, section, target, source, path);
      else collector.report(section, path, "a module's source is a path");
    });
  }
}

function addSource(
  collector: ModuleCollector,
  section: Section,
  target: string,
  source: string,
  path: JSONPath,
): void {
  if (target === "~") return; // Leaves modules of the SDK out: nothing of ours.
  if (source.startsWith("$(")) {
    if (target.includes("*")) collector.report(section, path, "name modules of the SDK one by one");
    else collector.sdkSpecifiers.add(target);
    return;
  }
  const files = findFiles(resolve(dirname(section.file), source));
  if (files.length === 0) {
    collector.report(section, path, `no module at ${source}`);
    collector.missing.add(target);
  }
  for (const file of files) {
    const specifier = target.endsWith("*") ? target.slice(0, -1) + stem(file) : target;
    addModule(collector, section, specifier, file, path);
  }
}

function addModule(
  collector: ModuleCollector,
  section: Section,
  specifier: string,
  file: string,
  path: JSONPath,
): void {
  if (collector.modules.has(specifier)) {
    collector.report(section, path, `${specifier} is listed twice`);
    return;
  }
  const other = [...collector.modules].find(([, known]) => known === file);
  // mcconfig takes a file once, under the first of its names; the second name would be missing on the board.
  if (other) collector.report(section, path, `${specifier} is the same file as ${other[0]}`);
  collector.modules.set(specifier, file);
  collector.positions.set(`modules ${specifier}`, positionOf(section, path));
}

/** The path has no extension; a `*` at its end stands for every module of the directory. */
function findFiles(path: string): string[] {
  const directory = dirname(path);
  if (!existsSync(directory)) return [];
  const name = basename(path);
  return readdirSync(directory)
    .filter((file) => EXTENSIONS.includes(extname(file)) && !file.endsWith(".d.ts"))
    .filter((file) => (name.endsWith("*") ? file.startsWith(name.slice(0, -1)) : stem(file) === name))
    .sort()
    .map((file) => resolve(directory, file));
}

function stem(file: string): string {
  return basename(file, extname(file));
}
