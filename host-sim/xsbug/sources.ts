import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Breakpoint, Position } from "./protocol";
import { SourceMap, sourceMapReference } from "./source-map";

/** A line of source as people know it. */
export interface SourcePosition {
  /** Relative to the working directory where it lies below it. */
  readonly file: string;
  readonly line: number;
  /** Of the whole file; undefined: it is not here. */
  readonly lines: readonly string[] | undefined;
}

const LEFT_OUT: ReadonlySet<string> = new Set(["node_modules", ".git", ".cache"]);
const MAXIMUM_FILES = 20_000;

interface Module {
  readonly path: string;
  readonly map: SourceMap | undefined;
  readonly lines: readonly string[];
}

/** The sources that are on this machine, and what the positions of a program mean in them. */
export class Sources {
  readonly #root: string;
  readonly #directory: string;
  readonly #modules: Map<string, Module | undefined> = new Map();
  readonly #provided: Map<string, SourceMap> = new Map();
  #files: readonly string[] | undefined;

  /**
   * @param directory - below it lie sources, modules and their maps
   * @param root - positions are shown relative to it; default: the working directory
   */
  constructor(directory: string, root: string = process.cwd()) {
    this.#root = root;
    this.#directory = resolve(root, directory);
  }

  /** The map of a module that the machine has got from us. */
  provide(path: string, map: string): void {
    this.#provided.set(path, new SourceMap(map));
  }

  /** What a position in a program is in the source: through the source map of the module, if it has one. */
  locate({ path, line }: Position): SourcePosition {
    const provided = this.#provided.get(path)?.original(line);
    if (provided) {
      const file = resolve(this.#root, provided.source);
      return { file: this.#display(file), line: provided.line, lines: this.#module(file)?.lines };
    }
    const found = this.#find(path);
    const module = found && this.#module(found);
    if (!module) return { file: path, line, lines: undefined };
    const original = module.map?.original(line);
    if (!original) return { file: this.#display(module.path), line, lines: module.lines };
    const file = this.#sourcePath(module, original.source);
    return {
      file: this.#display(file),
      line: original.line,
      lines: this.#sourceLines(module, original.source),
    };
  }

  /**
   * What a breakpoint of a person may be called in a program. Programs name modules by the path at their build, of the
   * source or of what it was compiled to; those of `known` that end alike count too.
   */
  breakpoints(file: string, line: number, known: Iterable<string>): Breakpoint[] {
    const found = this.#find(file);
    const points = new Map<string, Breakpoint>();
    const add = (path: string, at: number): void => {
      const point = { path: path.replaceAll("\\", "/"), line: at };
      points.set(`${point.path}:${at}`, point);
    };
    for (const path of known) if (isSameFile(path, file)) add(path, line);
    if (found) {
      add(relative(this.#root, found), line);
      add(relative(this.#directory, found), line);
      add(found, line);
      this.#generated(found, line, add);
    } else add(file, line);
    return [...points.values()];
  }

  #generated(source: string, line: number, add: (path: string, line: number) => void): void {
    for (const file of this.#listFiles()) {
      if (!/\.[cm]?js$/.test(file)) continue;
      const module = this.#module(file);
      for (const [index, name] of module?.map?.sources.entries() ?? []) {
        if (this.#sourcePath(module!, name) !== source) continue;
        for (const generated of module!.map!.generated(index, line)) {
          add(relative(this.#root, file), generated);
          add(file, generated);
        }
      }
    }
  }

  #find(path: string): string | undefined {
    const local = path.startsWith("file:") ? fileURLToPath(path) : path;
    for (const base of isAbsolute(local) ? [""] : [this.#root, this.#directory])
      for (const extension of ["", ".ts", ".js"]) {
        const file = resolve(base, `${local}${extension}`);
        if (isFile(file)) return file;
      }
    return this.#findBySuffix(local);
  }

  /** A program that was built elsewhere: the file that shares most of the end of its path, if there is only one. */
  #findBySuffix(path: string): string | undefined {
    const name = basename(path);
    const candidates = this.#listFiles()
      .filter((file) => basename(file).replace(/\.[cm]?[jt]s$/, "") === name.replace(/\.[cm]?[jt]s$/, ""))
      .filter((file) => name === basename(file) || !name.includes("."))
      .map((file) => ({ file, shared: sharedEnd(file, path) }))
      .sort((a, b) => b.shared - a.shared);
    const [best, second] = candidates;
    return best && best.shared !== second?.shared ? best.file : undefined;
  }

  #module(path: string): Module | undefined {
    if (!this.#modules.has(path)) this.#modules.set(path, readModule(path));
    return this.#modules.get(path);
  }

  /** Relative to the module; compilers that were given text only know where they were started. */
  #sourcePath(module: Module, source: string): string {
    if (source.startsWith("file:")) return fileURLToPath(source);
    const beside = resolve(dirname(module.path), source);
    const others = [this.#root, this.#directory].map((base) => resolve(base, source));
    return [beside, ...others].find(isFile) ?? beside;
  }

  #sourceLines(module: Module, source: string): readonly string[] | undefined {
    const content = module.map?.content(module.map.sources.indexOf(source));
    return content?.split("\n") ?? this.#module(this.#sourcePath(module, source))?.lines;
  }

  #display(file: string): string {
    const short = relative(this.#root, file);
    return (short.startsWith("..") ? file : short).replaceAll("\\", "/");
  }

  #listFiles(): readonly string[] {
    this.#files ??= listFiles(this.#directory);
    return this.#files;
  }
}

function listFiles(directory: string): string[] {
  const files: string[] = [];
  const directories = [directory];
  for (let next = directories.shift(); next !== undefined; next = directories.shift())
    for (const entry of entries(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) directories.push(path);
      else if (entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name)) files.push(path);
      if (files.length >= MAXIMUM_FILES) return files;
    }
  return files;
}

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function readModule(path: string): Module | undefined {
  if (!isFile(path)) return undefined;
  const code = readFileSync(path, "utf8");
  return { path, map: readMap(path, code), lines: code.trimEnd().split("\n") };
}

/** A map that cannot be read is as good as none. */
function readMap(path: string, code: string): SourceMap | undefined {
  if (path.endsWith(".ts")) return undefined;
  try {
    const reference = sourceMapReference(code);
    if (reference && "json" in reference) return new SourceMap(reference.json);
    const file = reference ? resolve(dirname(path), reference.file) : `${path}.map`;
    return isFile(file) ? new SourceMap(readFileSync(file, "utf8")) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `path`, as a program names it, can be meant by `file`, as a person writes it. */
function isSameFile(path: string, file: string): boolean {
  const wanted = segments(file);
  return sharedEnd(path, file) === wanted.length;
}

function sharedEnd(a: string, b: string): number {
  const left = segments(a);
  const right = segments(b);
  let count = 0;
  while (count < left.length && count < right.length && left.at(-1 - count) === right.at(-1 - count))
    count += 1;
  return count;
}

function segments(path: string): string[] {
  return path.split(/[\\/]/).filter((segment) => segment !== "" && segment !== ".");
}
