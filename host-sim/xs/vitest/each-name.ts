/** The name of one row of `it.each`: printf-like placeholders, `%#` for the row's number, `$property` of an object row. */
export function formatName(name: string, parameters: readonly unknown[], index: number): string {
  let next = 0;
  const [first] = parameters;
  const replaced = name.replace(/%([sdifjo#%])/g, (placeholder, kind: string) => {
    if (kind === "%") return "%";
    if (kind === "#") return String(index);
    if (next >= parameters.length) return placeholder;
    const value = parameters[next];
    next += 1;
    return kind === "j" || kind === "o" ? json(value) : String(value);
  });
  if (typeof first !== "object" || first === null) return replaced;
  return replaced.replace(/\$([A-Za-z_][\w.]*)/g, (placeholder, path: string) => {
    const value = path
      .split(".")
      .reduce<unknown>((object, key) => (object as Record<string, unknown> | undefined)?.[key], first);
    return value === undefined ? placeholder : typeof value === "string" ? value : json(value);
  });
}

function json(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
