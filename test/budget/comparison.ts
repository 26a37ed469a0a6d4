import type { Figures } from "./client-figures";

/** A figure that is not what was committed. */
export interface Difference {
  readonly name: string;
  /** `undefined`: it is new. */
  readonly before: number | undefined;
  /** `undefined`: it is gone. */
  readonly after: number | undefined;
}

export function differences(before: Figures, after: Figures): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({ name, before: before[name], after: after[name] }));
}

/** One line each, with the difference: `mqttClient.publish0.garbage   0 -> 64   +64`. */
export function differenceText(list: readonly Difference[]): string {
  const width = Math.max(...list.map(({ name }) => name.length));
  return list
    .map(({ name, before, after }) => {
      const change = before !== undefined && after !== undefined ? signed(after - before) : "";
      return `${name.padEnd(width)}  ${shown(before).padStart(8)} -> ${shown(after).padStart(8)}  ${change}`.trimEnd();
    })
    .join("\n");
}

function shown(value: number | undefined): string {
  return value === undefined ? "none" : String(value);
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}
