import type { JSX } from "preact";

/** Centres of the thimble's dimples, in the order of its rows. */
const DIMPLES: readonly (readonly [x: number, y: number])[] = [
  [28, 16],
  [36, 16],
  [24, 24],
  [32, 24],
  [40, 24],
  [20.5, 32],
  [28, 32],
  [36, 32],
  [43.5, 32],
  [24, 40],
  [32, 40],
  [40, 40],
];

/** Thimble's mark; decoration beside its name. */
export function Mark({ class: name }: { readonly class?: string }): JSX.Element {
  return (
    <svg class={name} viewBox="0 0 64 64" aria-hidden="true">
      <path fill="#dd9433" d="M10 52 15.5 19C17 10 23 5 32 5s15 5 16.5 14L54 52z" />
      {DIMPLES.map(([x, y]) => (
        <circle key={`${x} ${y}`} cx={x} cy={y} r="2.2" fill="#7d450b" />
      ))}
      <rect x="6" y="48" width="52" height="11" rx="5.5" fill="#f4c56b" />
    </svg>
  );
}
