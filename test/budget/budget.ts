import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { withMarkedSection } from "../support/marked-section";
import type { Figures } from "./client-figures";
import { differences, differenceText } from "./comparison";
import { measure } from "./figures";
import { section, textTable } from "./table";

/** `npm run budget`. @returns the exit code: 1 when a figure is not the committed one */
export async function main(directory: string, parameters: string[]): Promise<number> {
  const { values: options } = parseArgs({
    args: parameters,
    options: {
      /** Writes budget.json, and the table in README.md. */
      update: { type: "boolean", default: false },
      /** The figures as JSON in place of the table. */
      json: { type: "boolean", default: false },
    },
  });
  const start = performance.now();
  const progress = (what: string): void =>
    void process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${what}\n`);
  const figures = await measure({ directory, progress });
  process.stdout.write(`${options.json ? JSON.stringify(figures, undefined, 2) : textTable(figures)}\n`);
  const path = join(directory, "test/budget/budget.json");
  const changes = differences(committed(path), figures);
  if (changes.length > 0) process.stderr.write(`\n${differenceText(changes)}\n`);
  if (options.update) update(directory, path, figures);
  else if (changes.length > 0) {
    process.stderr.write(
      `\n${changes.length} figures are not those of test/budget/budget.json. If that is meant: npm run budget -- --update\n`,
    );
    return 1;
  }
  return 0;
}

export function committed(path: string): Figures {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Figures) : {};
}

function update(directory: string, path: string, figures: Figures): void {
  writeFileSync(path, `${JSON.stringify(figures, undefined, 2)}\n`);
  const readme = join(directory, "README.md");
  const text = withSection(readFileSync(readme, "utf8"), figures);
  if (text !== undefined) writeFileSync(readme, text);
  else
    process.stderr.write(
      `README.md has no <!-- budget --> marks; this belongs between them:\n${section(figures)}\n`,
    );
}

/** README.md with the section of these figures; `undefined` when it has no marks. */
export function withSection(readme: string, figures: Figures): string | undefined {
  return withMarkedSection(readme, "budget", section(figures));
}
