import { InvalidArgumentError } from "commander";
import { parseDuration } from "../home/duration";
import { UsageError } from "../home/usage-error";

/** Reads a whole number. */
export function integer(what: string, minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`${what} is a whole number from ${minimum} to ${maximum}`);
  };
}

/** Reads `500ms`, `10s`, `2m`, `24h`; the limits are ms. */
export function time(what: string, minimum: number, maximum: number): (text: string) => number {
  return asArgument((text: string) => {
    const value = parseDuration(text);
    if (value >= minimum && value <= maximum) return value;
    throw new UsageError(`${what} is from ${minimum}ms to ${maximum / 3_600_000}h`);
  });
}

/** Lets commander name the option that a value belongs to. */
export function asArgument<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}
