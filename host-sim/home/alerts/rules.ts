import { readFileSync, statSync } from "node:fs";
import * as v from "valibot";
import { parseDuration } from "../duration";
import { UsageError } from "../usage-error";
import { ALERT_KINDS, type AlertKind } from "./record";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const DAY = 24 * 3_600_000;

export type Day = (typeof DAYS)[number];

export interface QuietHours {
  /** Minutes since midnight, of the rules' time zone. */
  readonly from: number;
  /** The first minute that is not quiet; before `from`: over midnight; equal: the whole day. */
  readonly to: number;
  /** The days on which they begin; default all. */
  readonly days?: readonly Day[] | undefined;
  /** What is kept quiet; default motion only. */
  readonly kinds: readonly AlertKind[];
  /** Default all. */
  readonly devices?: readonly string[] | undefined;
}

/** The rules, complete with their defaults. Times are ms, temperatures °C; `devices`: default all. */
export interface Rules {
  /** IANA's name; default that of this machine. */
  readonly timeZone?: string | undefined;
  readonly quietHours: readonly QuietHours[];
  /** Within `coolDown` of an alert the same camera raises no other; default 1 min. */
  readonly motion: { readonly coolDown: number; readonly devices?: readonly string[] | undefined };
  /** Only if given. `after`: default 5 min. */
  readonly offline?: { readonly after: number; readonly devices?: readonly string[] | undefined } | undefined;
  /** Only if given. `hysteresis`: how far inside the band it must come before it can leave it again; default 0.5 °C. */
  readonly temperature?:
    | {
        readonly minimum?: number | undefined;
        readonly maximum?: number | undefined;
        readonly hysteresis: number;
        readonly devices?: readonly string[] | undefined;
      }
    | undefined;
  /** After this time an alert is not news: it is not sent any more. Default 24 h. */
  readonly timeToLive: number;
  /** Whom a push service may write to about these messages: a `mailto:` or `https:` URL. */
  readonly contact: string;
  /** An ntfy topic; `token`: sent as bearer. */
  readonly ntfy?: { readonly url: string; readonly token?: string | undefined } | undefined;
  /** Takes JSON; `secret`: for the HMAC-SHA-256 of the body. */
  readonly webhook?: { readonly url: string; readonly secret?: string | undefined } | undefined;
}

/** A time of day, minutes since midnight. */
const timeOfDay = v.pipe(
  v.string(),
  v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day from "00:00" to "23:59"'),
  v.transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))),
);

/** `"90s"`, `"5m"`, to ms. */
function duration(minimum: number, maximum: number, range: string): v.GenericSchema<string, number> {
  return v.pipe(
    v.string(`a time, "30s", "5m" or "2h", ${range}`),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      let value = Number.NaN;
      try {
        value = parseDuration(dataset.value);
      } catch {
        // told below
      }
      if (value >= minimum && value <= maximum) return value;
      addIssue({ message: `a time, "30s", "5m" or "2h", ${range}` });
      return NEVER;
    }),
  );
}

const celsius = v.pipe(
  v.number("a number of °C from -100 to 200"),
  v.minValue(-100, "a number of °C from -100 to 200"),
  v.maxValue(200, "a number of °C from -100 to 200"),
);

const devices = v.optional(
  v.pipe(
    v.array(v.pipe(v.string("a device's id"), v.nonEmpty("a device's id"))),
    v.nonEmpty("a device's id"),
  ),
);

const quietHours = v.strictObject({
  from: timeOfDay,
  to: timeOfDay,
  days: v.optional(v.pipe(v.array(v.picklist(DAYS, `one of ${DAYS.join(", ")}`)), v.nonEmpty("a day"))),
  kinds: v.optional(v.array(v.picklist(ALERT_KINDS, `one of ${ALERT_KINDS.join(", ")}`)), ["motion"]),
  devices,
});

const webURL = v.pipe(
  v.string("an http or https URL"),
  v.check((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), "an http or https URL"),
);

const secret = v.optional(
  v.pipe(v.string("a text"), v.minLength(8, "at least 8 characters"), v.maxLength(1_024, "at most 1,024")),
);

const entries = {
  timeZone: v.optional(v.pipe(v.string(), v.check(isTimeZone, 'a time zone, "Europe/Berlin"'))),
  quietHours: v.optional(v.array(quietHours), []),
  motion: v.optional(
    v.strictObject({
      coolDown: v.optional(duration(0, DAY, "0s to 24h"), "1m"),
      devices,
    }),
    {},
  ),
  offline: v.optional(
    v.strictObject({ after: v.optional(duration(0, 7 * DAY, "0s to 168h"), "5m"), devices }),
  ),
  temperature: v.optional(
    v.pipe(
      v.strictObject({
        minimum: v.optional(celsius),
        maximum: v.optional(celsius),
        hysteresis: v.optional(
          v.pipe(v.number("°C, 0 to 20"), v.minValue(0, "°C, 0 to 20"), v.maxValue(20, "°C, 0 to 20")),
          0.5,
        ),
        devices,
      }),
      v.check(
        ({ minimum = -Infinity, maximum = Infinity, hysteresis }) => minimum + 2 * hysteresis <= maximum,
        "minimum and maximum at least twice the hysteresis apart",
      ),
      v.check(
        ({ minimum, maximum }) => minimum !== undefined || maximum !== undefined,
        "a minimum or a maximum",
      ),
    ),
  ),
  timeToLive: v.optional(duration(60_000, 28 * DAY, "1m to 672h"), "24h"),
  contact: v.optional(
    v.pipe(v.string(), v.regex(/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/, "a mailto: or https: URL")),
    "mailto:thimble@example.org",
  ),
  ntfy: v.optional(v.strictObject({ url: webURL, token: secret })),
  webhook: v.optional(v.strictObject({ url: webURL, secret })),
};

const schema: v.GenericSchema<unknown, Rules> = v.strictObject(entries);

export const DAY_NAMES: readonly Day[] = DAYS;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param input - what a rules file holds
 * @param source - its name, for errors
 * @throws {UsageError} naming what is wrong, where, and what would be right; never a secret
 */
export function parseRules(input: unknown, source: string): Rules {
  if (Array.isArray(input)) throw new UsageError(`${source}: the rules: a list is not an object`);
  const result = v.safeParse(schema, input, { abortPipeEarly: true });
  if (result.success) return result.output;
  throw new UsageError(`${source}: ${describeIssue(result.issues[0])}`);
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) =>
    typeof key === "number" ? `[${key}]` : `.${String(key)}`,
  );
  const place = path.join("").replace(/^\./, "");
  if (issue.type === "strict_object" && issue.expected === "never")
    return `there is no rule "${place}"${suggest(place)}`;
  const wanted = issue.type === "strict_object" && issue.input !== undefined ? "an object" : issue.message;
  if (issue.type === "check" && typeof issue.input === "object") return `${place} needs ${issue.message}`;
  if (issue.input === undefined) return `${place || "the rules"}: missing`;
  return `${place || "the rules"}: ${describeInput(issue.input, place)} is not ${wanted}`;
}

/** Addresses and keys are not repeated. */
function describeInput(input: unknown, place: string): string {
  if (/url|token|secret$/.test(place)) return "this";
  const text = JSON.stringify(input) ?? String(input);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

function suggest(place: string): string {
  const names = Object.keys(entries);
  const close = names.find((name) => name.toLowerCase() === place.toLowerCase());
  if (close) return `: write "${close}"`;
  return place.includes(".") || place.includes("[") ? "" : `; there are ${names.join(", ")}`;
}

/**
 * @throws {UsageError} for a file that cannot be read, is no JSON, has a wrong rule, or holds secrets that others can read
 */
export function readRules(file: string): Rules {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(file, "utf8");
    mode = statSync(file).mode & 0o777;
  } catch (error) {
    throw new UsageError(`cannot read the rules ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    throw new UsageError(`${file}: it is not JSON`);
  }
  const rules = parseRules(input, file);
  const hasSecrets = rules.ntfy !== undefined || rules.webhook !== undefined;
  if (hasSecrets && process.platform !== "win32" && (mode & 0o077) !== 0)
    throw new UsageError(
      `${file}: holds addresses or keys and can be read by others (mode ${mode.toString(8)}): chmod 600 ${file}`,
    );
  return rules;
}
