import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { type PinnedPackage, unpackPackage } from "./npm-package";

/** LLVM compiled to WebAssembly: a C compiler from npm alone. */
export const YOWASP_CLANG: PinnedPackage = {
  name: "@yowasp/clang",
  version: "22.0.0-git20542-10",
  integrity:
    "sha512-V31/z9GrJECKeACTDUyvg2llbEUiFi3bxtL5HSg7H/6sydSxdI/AoVAD9F5ozrfLjotWl0B9rghR87m+DUM/zg==",
};

/** Turns C into WebAssembly. Paths are relative to the tree of sources that the compiler was opened with. */
export interface Compiler {
  /** Part of the key of compiled objects. */
  readonly identity: string;
  compile(source: string): Promise<Uint8Array>;
  link(objects: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface CompilerOptions {
  /** Directories of sources by the name they have for the compiler. */
  readonly sources: Readonly<Record<string, string>>;
  readonly compileFlags: readonly string[];
  readonly linkFlags: readonly string[];
  /** Where unpacked packages are kept. */
  readonly cache: string;
  readonly progress: (text: string) => void;
}

/** The clang on the PATH (or `THIMBLE_CLANG`) when it can build for WASI with setjmp, else the one from npm. */
export async function openCompiler(options: CompilerOptions): Promise<Compiler> {
  return (await openNativeClang(options)) ?? (await openYowaspClang(options));
}

const run = promisify(execFile);
const TARGET = "--target=wasm32-wasip1";
const PROBE = `#include <setjmp.h>
#include <stdlib.h>
jmp_buf buffer;
int main(void) { if (setjmp(buffer) == 0) longjmp(buffer, 1); return 0; }
`;

async function openNativeClang(options: CompilerOptions): Promise<Compiler | undefined> {
  const clang = process.env.THIMBLE_CLANG || "clang";
  const directory = mkdtempSync(join(tmpdir(), "thimble-xs-"));
  const close = async (): Promise<void> => rmSync(directory, { recursive: true, force: true });
  const includes = Object.values(options.sources).map((path) => `-I${path}`);
  const flags = [TARGET, ...options.compileFlags, ...includes];
  async function link(objects: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
    const names = [...objects].map(([name, bytes], index) => {
      const path = join(directory, `${index}-${name.replaceAll("/", "-")}.o`);
      writeFileSync(path, bytes);
      return path;
    });
    const output = join(directory, "engine.wasm");
    await run(clang, [TARGET, ...names, ...options.linkFlags, "-o", output]);
    return readFileSync(output);
  }
  async function compileFile(path: string): Promise<Uint8Array> {
    const output = join(directory, `${path.replaceAll("/", "-")}.o`);
    await run(clang, [...flags, "-c", path, "-o", output]);
    return readFileSync(output);
  }
  try {
    const version = (await run(clang, ["--version"])).stdout.split("\n")[0] ?? clang;
    const probe = join(directory, "probe.c");
    writeFileSync(probe, PROBE);
    await link(new Map([["probe", await compileFile(probe)]]));
    options.progress(`compiler: ${version}`);
    const locate = (source: string): string => {
      const [root = "", ...rest] = source.split("/");
      return join(options.sources[root] ?? root, ...rest);
    };
    return { identity: version, compile: (source) => compileFile(locate(source)), link, close };
  } catch {
    await close();
    return undefined;
  }
}

async function openYowaspClang(options: CompilerOptions): Promise<Compiler> {
  options.progress(`compiler: ${YOWASP_CLANG.name} ${YOWASP_CLANG.version}`);
  const directory = await unpackPackage(
    YOWASP_CLANG,
    join(options.cache, `yowasp-clang-${YOWASP_CLANG.version}`),
    (path) => path.startsWith("gen/") || path === "package.json" || path === "README.md",
  );
  const includes = Object.keys(options.sources).map((name) => `-I${name}`);
  const tree = Object.fromEntries(
    Object.entries(options.sources).map(([name, path]) => [name, readTree(path)]),
  );
  const pool = new ClangPool(pathToFileURL(join(directory, "gen/bundle.js")).href, tree);
  return {
    identity: YOWASP_CLANG.version,
    compile: (source) => pool.run([...options.compileFlags, ...includes, "-c", source, "-o", "out"], {}),
    link: (objects) => {
      const files = Object.fromEntries([...objects].map(([, bytes], index) => [`${index}.o`, bytes]));
      return pool.run([...Object.keys(files), ...options.linkFlags, "-o", "out"], files);
    },
    close: () => pool.close(),
  };
}

type Tree = Record<string, Uint8Array>;

function readTree(directory: string): Tree {
  const names = readdirSync(directory).filter((name) => /\.[ch]$/.test(name));
  return Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(directory, name)))]));
}

/** Runs inside a worker: LLVM works synchronously, and one instance serves one command at a time. */
const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
const ready = import(workerData.url);
parentPort.on("message", async ({ parameters, files }) => {
  const messages = [];
  const decoder = new TextDecoder();
  const write = (bytes) => { if (bytes) messages.push(decoder.decode(bytes, { stream: true })); };
  try {
    const { commands } = await ready;
    const result = await commands.clang(parameters, { ...workerData.tree, ...files },
      { stdout: write, stderr: write, fetchProgress() {} });
    parentPort.postMessage({ bytes: result.out });
  } catch (error) {
    parentPort.postMessage({ error: messages.join("").trim() || String(error) });
  }
});`;

interface Task {
  readonly parameters: readonly string[];
  readonly files: Tree;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

class ClangPool {
  readonly #tasks: Task[] = [];
  readonly #workers: Worker[] = [];

  constructor(url: string, tree: Record<string, Tree>) {
    const count = Math.min(4, availableParallelism());
    for (let index = 0; index < count; index += 1) {
      const worker = new Worker(WORKER, { eval: true, stdout: true, workerData: { url, tree } });
      this.#workers.push(worker);
      this.#serve(worker);
    }
  }

  run(parameters: readonly string[], files: Tree): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#tasks.push({ parameters, files, resolve, reject });
      this.#idle.shift()?.();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  readonly #idle: (() => void)[] = [];

  #serve(worker: Worker): void {
    const task = this.#tasks.shift();
    if (!task) {
      this.#idle.push(() => this.#serve(worker));
      return;
    }
    const done = (answer: { bytes?: Uint8Array; error?: string }): void => {
      worker.off("error", failed);
      if (answer.bytes) task.resolve(answer.bytes);
      else task.reject(new Error(answer.error));
      this.#serve(worker);
    };
    const failed = (error: Error): void => task.reject(error);
    worker.once("message", done);
    worker.once("error", failed);
    worker.postMessage({ parameters: task.parameters, files: task.files });
  }
}
