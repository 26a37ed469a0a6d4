import { readFileSync } from "node:fs";
import { ROOT } from "../support/thimble";

/** A fenced block of README.md. */
export interface Snippet {
  readonly language: string;
  readonly text: string;
  /** Of README.md, the first line of the text. */
  readonly line: number;
}

export const README: string = readFileSync(`${ROOT}README.md`, "utf8");

/** All fenced blocks, in order. */
export const snippets: readonly Snippet[] = [...README.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
  (match) => ({
    language: match[1]!,
    text: match[2]!,
    line: README.slice(0, match.index).split("\n").length + 1,
  }),
);

/** The first block of this language that contains `text`. */
export function snippetWith(language: string, text: string): Snippet {
  const found = snippets.find((snippet) => snippet.language === language && snippet.text.includes(text));
  if (!found) throw new Error(`README.md has no ${language || "plain"} block with "${text}"`);
  return found;
}
