import type { JSX } from "preact";
import { ageInWords } from "./age";
import { useNow } from "./use-house";

/** How old a value is; `undefined`: nobody knows. */
export function Age({
  time,
  unknown = "last known",
}: {
  readonly time: number | undefined;
  readonly unknown?: string;
}): JSX.Element {
  const now = useNow();
  if (time === undefined) return <span>{unknown}</span>;
  return (
    <time dateTime={new Date(time).toISOString()} title={new Date(time).toLocaleString()}>
      {ageInWords(time, now)}
    </time>
  );
}
