import {
  array,
  check,
  type GenericSchema,
  integer,
  isoDate,
  isoTimestamp,
  maxLength,
  maxValue,
  minValue,
  optional,
  picklist,
  pipe,
  regex,
  safeParse,
  strictObject,
  string,
  transform,
} from "valibot";
import { EXPORT_TABLES, type ExportTable } from "./export";
import { VIEWS, type View } from "./views";

const DEVICES = optional(
  pipe(
    array(pipe(string(), maxLength(64, "a device's name has at most 64 characters"))),
    maxLength(100, "at most 100 devices at once"),
  ),
  [],
);

/** ISO 8601 with a zone: `2026-11-23T07:00:00Z`. */
const TIME = pipe(
  string(),
  isoTimestamp("a time is written 2026-11-23T07:00:00Z"),
  transform((text) => BigInt(Date.parse(text)) * 1_000n),
);

/** Not the 31st of February. */
function isDate(text: string): boolean {
  const time = Date.parse(text);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(text);
}

/** `at` is in the years that DuckDB and Intl agree about. */
const SERIES_REQUEST = strictObject({
  view: optional(picklist(VIEWS, `a view is ${VIEWS.join(", ")}`), "day"),
  at: optional(
    pipe(
      string(),
      isoDate("a date is written 2026-11-23"),
      regex(/^(?:19[789]\d|20\d\d)/, "a date is from 1970 to 2099"),
      check(isDate, "there is no such date"),
    ),
  ),
  device: DEVICES,
});

const EXPORT_REQUEST = strictObject({
  table: optional(picklist(EXPORT_TABLES, `a table is ${EXPORT_TABLES.join(", ")}`), "readings"),
  from: optional(TIME),
  to: optional(TIME),
  device: DEVICES,
});

const INCIDENTS_REQUEST = strictObject({
  limit: optional(
    pipe(
      string(),
      regex(/^\d{1,4}$/, "a limit is from 1 to 1000"),
      transform(Number),
      integer(),
      minValue(1, "a limit is from 1 to 1000"),
      maxValue(1_000, "a limit is from 1 to 1000"),
    ),
    "50",
  ),
});

const NO_REQUEST = strictObject({});

/** What is asked for, by kind of request. */
export interface Requests {
  readonly series: {
    readonly view: View;
    readonly at?: string | undefined;
    /** Names; none is all. */
    readonly device: readonly string[];
  };
  readonly export: {
    readonly table: ExportTable;
    /** µs since 1970. */
    readonly from?: bigint | undefined;
    readonly to?: bigint | undefined;
    readonly device: readonly string[];
  };
  readonly incidents: { readonly limit: number };
  readonly nothing: Readonly<Record<never, never>>;
}

const REQUESTS: { readonly [Name in keyof Requests]: GenericSchema<unknown, Requests[Name]> } = {
  series: SERIES_REQUEST,
  export: EXPORT_REQUEST,
  incidents: INCIDENTS_REQUEST,
  nothing: NO_REQUEST,
};

/** What somebody asks for is not what there is; `message` says what there is. */
export class RequestError extends Error {
  override readonly name: string = "RequestError";
}

/**
 * Reads the query of a URL.
 * @param parameters - every value of every name
 * @throws {RequestError} naming the parameter
 */
export function parseRequest<Name extends keyof Requests>(
  name: Name,
  parameters: Readonly<Record<string, readonly string[]>>,
): Requests[Name] {
  const input = Object.fromEntries(
    Object.entries(parameters).map(([key, values]) => {
      if (key === "device") return [key, values];
      if (values.length > 1) throw new RequestError(`${key}: once is enough`);
      return [key, values[0]];
    }),
  );
  const result = safeParse(REQUESTS[name], input);
  if (result.success) return result.output as Requests[Name];
  const [issue] = result.issues;
  const key = issue.path?.[0]?.key;
  if (issue.type === "strict_object") throw new RequestError(`${String(key)}: there is no such parameter`);
  throw new RequestError(`${String(key)}: ${issue.message}`);
}
