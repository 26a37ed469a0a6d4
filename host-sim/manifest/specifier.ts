/**
 * Resolves an import specifier as XS does on the device: a relative one from the importing module's own specifier (not from
 * its file), with `.js` and `.mjs` taken off. This is why specifiers mirror the tree.
 * @param specifier - as written in the import
 * @param importer - specifier of the importing module, for example `device/mqtt/session`
 * @returns the specifier to look up in the manifest; undefined when it climbs above the root of the tree, or uses a form that
 * XS does not normalise (`./../x`, `a/../b`)
 */
export function resolveSpecifier(specifier: string, importer: string): string | undefined {
  const name = specifier.replace(/\.m?js$/, "");
  if (!name.startsWith("./") && !name.startsWith("../")) return name;
  const steps = /^(?:\.\/|(?:\.\.\/)+)/.exec(name)?.[0] ?? "";
  const rest = name.slice(steps.length);
  if (rest.split("/").some((part) => part === "." || part === ".." || part === "")) return undefined;
  const directories = importer.split("/").slice(0, -1);
  const climb = steps === "./" ? 0 : steps.length / 3;
  if (climb > directories.length) return undefined;
  return [...directories.slice(0, directories.length - climb), rest].join("/");
}
