import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../usage-error";

/**
 * One process at a time works in a directory. The lock file names a process by its number, its start and the machine's boot, so that
 * neither a killed process nor one that has got its number since keeps a service from starting.
 */
export class DirectoryLock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Makes the directory, for its owner only, if it is not there, and locks it.
   * @throws {UsageError} while another process has it
   */
  static acquire(directory: string): DirectoryLock {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new UsageError(`cannot make the directory ${directory}: ${(error as Error).message}`);
    }
    const file = join(directory, "lock");
    const mine = describeProcess(process.pid);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        writeFileSync(file, mine, { flag: "wx", mode: 0o600 });
        return new DirectoryLock(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST")
          throw new UsageError(`cannot write ${file}: ${(error as Error).message}`);
      }
      const holder = readLock(file);
      if (isRunning(holder, mine)) {
        const [number] = holder.split(" ");
        throw new UsageError(`${directory} is in use by process ${number}: end it, or use another directory`);
      }
      rmSync(file, { force: true });
    }
    throw new UsageError(`${directory} is in use by another process that has just started`);
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }
}

function readLock(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // it has just been released
  }
}

/** `NUMBER START BOOT`; the last two only where Linux tells. */
function describeProcess(number: number): string {
  try {
    const status = readFileSync(`/proc/${number}/stat`, "utf8");
    // The command's name, in parentheses, may contain anything; the start is field 22.
    const start = status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${number} ${start} ${boot}`;
  } catch {
    return `${number}`;
  }
}

function isRunning(holder: string, mine: string): boolean {
  if (holder === mine) return false; // left by this process, which has one such service
  const number = Number(holder.split(" ")[0]);
  if (!Number.isInteger(number) || number <= 0) return false;
  try {
    process.kill(number, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return describeProcess(number) === holder;
}
