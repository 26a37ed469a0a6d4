import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** Bundles the sources as they are now: what is tested is never an older `dist`. */
export async function buildThimble(): Promise<void> {
  await promisify(execFile)(process.execPath, [`${ROOT}host-sim/build.mjs`]);
}

/** A program under test: its output as it comes, and its end. */
export class Running {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #exit: Promise<number | NodeJS.Signals>;
  readonly #waiting = new Set<() => void>();

  constructor(
    command: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    directory: string = ROOT,
  ) {
    this.process = spawn(command, args, {
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      for (const check of [...this.#waiting]) check();
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#exit = once(this.process, "close").then(([code, signal]) => {
      for (const check of [...this.#waiting]) check();
      return code ?? signal;
    });
  }

  /** Resolves with the exit code, or the signal that ended it. */
  exit(): Promise<number | NodeJS.Signals> {
    return this.#exit;
  }

  /** Resolves as soon as the output so far satisfies `condition`. */
  output(condition: (stdout: string) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (condition(this.stdout)) resolve();
        else if (this.process.exitCode !== null)
          reject(new Error(`it ended:\n${this.stdout}\n${this.stderr}`));
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Ends it if it still runs. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    await this.#exit;
  }
}

/** `thimble` with these arguments; a house where no household is, which whoever works on Thimble may have in the repository. */
export function thimble(...args: string[]): Running {
  const directory = args[0] === "house" ? tmpdir() : ROOT;
  return new Running(process.execPath, [`${ROOT}dist/thimble.js`, ...args], {}, directory);
}

/** The lines of JSON that have come so far. */
export function events(stdout: string): Record<string, unknown>[] {
  const complete = stdout.slice(0, stdout.lastIndexOf("\n") + 1);
  return complete
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
