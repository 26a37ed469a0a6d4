/** What a person has asked to stop at. */
export interface UserBreakpoint {
  readonly file: string;
  readonly line: number;
}

/** `FILE:LINE`; undefined: it is not. */
export function parseBreakpoint(text: string): UserBreakpoint | undefined {
  const match = /^(.+):(\d+)$/.exec(text.trim());
  const line = Number(match?.[2]);
  // XS keeps lines in 15 bits.
  return match && line > 0 && line < 32_768 ? { file: match[1]!, line } : undefined;
}
