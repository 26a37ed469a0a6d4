import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** What a login says: `XS 17.7.0 64-bit LE 16-bit ID`. Bytecode is for one version and one size of ID. */
const MACHINE_VERSION = /^XS (\d+)\.(\d+)\..* 16-bit ID$/;

/** In what xsc writes: XS_B, VERS, then major and minor version. */
const VERSION_OFFSET = 16;

/**
 * Compiles an expression with the SDK's xsc, as the machine wants it: bytecode in hexadecimal.
 * @param version - of the machine, as its login says
 * @returns undefined: there is no xsc, it is of another version, or it does not compile this; reading the values says
 *   more than xsc then
 */
export async function compileExpression(expression: string, version: string): Promise<string | undefined> {
  const [, major, minor] = MACHINE_VERSION.exec(version) ?? [];
  const xsc = major === undefined ? undefined : findCompiler(process.env);
  if (xsc === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), "thimble-xsbug-"));
  try {
    const source = join(directory, "expression.js");
    await writeFile(source, expression);
    const options = ["-p", "-d", "-eval", "-e", "-o", directory, "-r", "expression"];
    await promisify(execFile)(xsc, [source, ...options], { timeout: 5_000 });
    const code = await readFile(join(directory, "expression.xsb"));
    if (code[VERSION_OFFSET] !== Number(major) || code[VERSION_OFFSET + 1] !== Number(minor))
      return undefined;
    return code.toString("hex").toUpperCase();
  } catch {
    return undefined;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const PLATFORMS: Readonly<Record<string, string>> = { darwin: "mac", win32: "win" };

/** On the PATH, or in a Moddable SDK that was built. */
function findCompiler({ PATH = "", MODDABLE }: NodeJS.ProcessEnv): string | undefined {
  const name = process.platform === "win32" ? "xsc.exe" : "xsc";
  const directories = PATH.split(delimiter);
  const platform = PLATFORMS[process.platform] ?? "lin";
  if (MODDABLE) directories.push(join(MODDABLE, "build/bin", platform, "release"));
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}
