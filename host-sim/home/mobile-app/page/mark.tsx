import type { JSX } from "preact";

/** Centres of the thimble's dimples, in the order of its rows. */
const DIMPLES: readonly (readonly [x: number, y: number])[] = [
  [26, 25],
  [32, 25],
  [38, 25],
  [23, 32],
  [29, 32],
  [35, 32],
  [41, 32],
  [25, 39],
  [32, 39],
  [39, 39],
];

/** Thimble's mark; decoration beside its name. */
export function Mark({ class: name }: { readonly class?: string }): JSX.Element {
  return (
    <svg class={name} viewBox="0 0 64 64" aria-hidden="true">
      <path fill="#dd9433" d="M15 52 20 20C21 11 26 5 32 5s11 6 12 15l5 32z" />
      {DIMPLES.map(([x, y]) => (
        <circle key={`${x} ${y}`} cx={x} cy={y} r="1.9" fill="#7d450b" />
      ))}
      <rect x="11" y="48" width="42" height="10" rx="5" fill="#f4c56b" />
    </svg>
  );
}
