import config from "mc/config";

// Values given on `mcconfig`'s command line (`interval=500`) arrive as strings, those of the manifest as they stand there.

/** @returns the setting as text; `undefined` where it is missing or empty */
export function textSetting(name: string): string | undefined {
  const value = config[name];
  return value === undefined || value === null || value === "" ? undefined : String(value);
}

/** @returns the setting as text, `""` where it is empty, so switched off; `undefined` where it is missing */
export function switchableSetting(name: string): string | undefined {
  const value = config[name];
  return value === undefined || value === null ? undefined : String(value);
}

/** @throws {Error} naming the setting, if it is missing */
export function requiredSetting(name: string): string {
  const value = textSetting(name);
  if (value === undefined) throw new Error(`config.${name} is missing`);
  return value;
}

/**
 * @returns `otherwise` where the setting is missing or empty
 * @throws {RangeError} naming the setting and its value, if it is not a number above 0
 */
export function numberSetting(name: string, otherwise: number): number {
  const text = textSetting(name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new RangeError(`config.${name} "${text}" is not a number above 0`);
  return value;
}

/** @returns the setting's parts between commas: `"1.1.1.1,9.9.9.9"`; none where it is missing */
export function listSetting(name: string): string[] {
  return textSetting(name)?.split(",") ?? [];
}
