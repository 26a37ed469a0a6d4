import type { Command } from "commander";

/** @param root - of the package, absolute */
export function addManifest(program: Command, root: string): void {
  program
    .command("manifest")
    .description("the Moddable manifests of the firmware")
    .command("check")
    .description("prove without the Moddable SDK that manifests and imports agree")
    .action(() => manifestCheck(root));
}

async function manifestCheck(root: string): Promise<void> {
  const { checkManifests, firmwareManifests, printProblem } = await import("../manifest/check");
  const problems = await checkManifests(root);
  if (problems.length === 0) {
    const names = firmwareManifests(root).map(({ name }) => name);
    process.stdout.write(`manifests and imports agree: ${names.join(", ")}\n`);
    return;
  }
  for (const problem of problems) process.stderr.write(`${printProblem(problem)}\n`);
  process.exitCode = 1;
}
