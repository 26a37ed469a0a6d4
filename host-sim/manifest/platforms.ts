/**
 * Picks the one entry of a manifest's `platforms` that applies (Moddable documentation, "manifest", section platforms).
 * The most specific name wins; `esp32/*` stands for every subplatform, `...` for whatever nothing else names.
 * @param names - the keys of `platforms`, in their order
 * @param platform - `esp32`, `esp32/xiao_esp32s3_sense`, `lin`
 */
export function matchPlatform(names: readonly string[], platform: string): string | undefined {
  const parts = platform.split("/");
  for (let length = parts.length; length > 0; length--) {
    const partial = parts.slice(0, length).join("/");
    const match = names.find((name) => matches(name, partial));
    if (match !== undefined) return match;
  }
  return names.find((name) => name === "...");
}

function matches(name: string, platform: string): boolean {
  if (name.endsWith("/*")) return platform.startsWith(name.slice(0, -1));
  if (name.startsWith("*/")) return platform.endsWith(name.slice(1));
  return name === platform;
}
