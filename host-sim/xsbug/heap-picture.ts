import type { Instrumentation } from "./instrumentation";

/** What a manifest's `creation` gives a machine, in bytes. */
export interface HeapLimits {
  readonly slots: number;
  readonly chunks: number;
}

export interface PicturedMachine {
  readonly label: string;
  readonly instrumentation: Instrumentation;
}

const WIDTH = 860;
const PANEL_WIDTH = 420;
const PANEL_HEIGHT = 250;
const TITLE_HEIGHT = 44;
/** Around the plot of a panel. */
const LEFT = 62;
const RIGHT = 14;
const TOP = 34;
const BOTTOM = 34;
const PLOT_WIDTH = PANEL_WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = PANEL_HEIGHT - TOP - BOTTOM;

const STYLE = `
  .paper { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #52596b }
  .name { font-size: 17px; font-weight: 600; fill: #1c2333 } .title { font-weight: 600; fill: #1c2333 }
  .grid { stroke: #e6e9f0 } .axis { stroke: #aab1c2 }
  .slots .area { fill: #3b6fd4; fill-opacity: 0.16 } .slots .line { stroke: #3b6fd4 }
  .chunks .area { fill: #0f9d76; fill-opacity: 0.16 } .chunks .line { stroke: #0f9d76 }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  .available { fill: none; stroke: #8a92a6; stroke-dasharray: 2 3 }
  .creation { stroke: #d9822b; stroke-dasharray: 7 4 } .creation-text { fill: #b3661a }
  .exception { stroke: #d1344b } .exception-mark { fill: #d1344b }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #151a24 } text { fill: #a6aec0 } .name, .title { fill: #eef1f7 } .grid { stroke: #262d3b }
    .axis { stroke: #4a5368 } .creation-text { fill: #e5a05a }
  }`;

/**
 * Slots and chunks of machines over time, each below its limits, as an SVG document: what was available (dotted, it grows
 * by the increments of the creation), what `limits` says (dashed), and exceptions (red).
 */
export function drawHeap(machines: readonly PicturedMachine[], limits?: HeapLimits): string {
  const rowHeight = TITLE_HEIGHT + PANEL_HEIGHT;
  const height = Math.max(1, machines.length) * rowHeight + 8;
  const rows = machines.map((machine, index) => drawMachine(machine, index * rowHeight, limits));
  const body = rows.length > 0 ? rows.join("\n") : text("name", 24, 30, "no machine came");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>Heap over time</title>
<style>${STYLE}
</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
${body}
</svg>
`;
}

function drawMachine(
  { label, instrumentation }: PicturedMachine,
  y: number,
  limits: HeapLimits | undefined,
): string {
  const { length } = instrumentation.samples;
  const count = length === 1 ? "1 sample" : `${length} samples`;
  const title = text("name", 24, y + 30, label) + text("", WIDTH - 24, y + 30, count, "end");
  const slots = drawPanel({
    ...{ kind: "slots", title: "Slots", instrumentation, limit: limits?.slots, x: 0, y: y + TITLE_HEIGHT },
    ...{ used: "Slot used", available: "Slot available" },
  });
  const chunks = drawPanel({
    ...{ kind: "chunks", title: "Chunks", instrumentation, limit: limits?.chunks },
    ...{ used: "Chunk used", available: "Chunk available", x: PANEL_WIDTH, y: y + TITLE_HEIGHT },
  });
  return `<g>${title}${slots}${chunks}</g>`;
}

interface Panel {
  readonly kind: string;
  readonly title: string;
  readonly used: string;
  readonly available: string;
  readonly limit: number | undefined;
  readonly instrumentation: Instrumentation;
  readonly x: number;
  readonly y: number;
}

/** One sample of one instrument. */
interface Point {
  readonly second: number;
  readonly value: number;
}

interface Scale {
  x(second: number): string;
  y(value: number): string;
}

function drawPanel(panel: Panel): string {
  const { kind, title, instrumentation, limit, x, y } = panel;
  const used = instrumentation.series(panel.used);
  const available = instrumentation.series(panel.available);
  const heading = text("title", LEFT, 18, title);
  if (used.length === 0)
    return `<g transform="translate(${x} ${y})">${heading}${text("", LEFT, 48, "no samples")}</g>`;
  const peak = Math.max(...used.map(({ value }) => value));
  const top = Math.max(peak, limit ?? 0, ...available.map(({ value }) => value), 1) * 1.08;
  const end = Math.max(used.at(-1)!.second, 1);
  const scale: Scale = {
    x: (second) => fixed(LEFT + (Math.min(second, end) / end) * PLOT_WIDTH),
    y: (value) => fixed(TOP + (1 - value / top) * PLOT_HEIGHT),
  };
  const figures = `peak ${bytes(peak)}, last ${bytes(used.at(-1)!.value)}, available ${bytes(available.at(-1)?.value ?? 0)}`;
  return `<g class="${kind}" transform="translate(${x} ${y})">
${heading}${text("", PANEL_WIDTH - RIGHT, 18, figures, "end")}
${drawGrid(scale, top, end)}
${drawCurve(scale, used)}
<path class="available" d="${path(scale, available)}"/>
${limit === undefined ? "" : drawLimit(scale, limit)}
${instrumentation.exceptions.map((second) => drawException(scale, second)).join("")}
</g>`;
}

function drawGrid(scale: Scale, top: number, end: number): string {
  const right = LEFT + PLOT_WIDTH;
  const floor = TOP + PLOT_HEIGHT;
  const values = ticks(top, 4, [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536]);
  const rows = values.map((value) => {
    const at = scale.y(value);
    const line = `<line class="grid" x1="${LEFT}" x2="${right}" y1="${at}" y2="${at}"/>`;
    return line + text("", LEFT - 8, Number(at) + 4, bytes(value), "end");
  });
  const times = ticks(end, 6, [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600]);
  const columns = times.map((second) => {
    const at = scale.x(second);
    const mark = `<line class="axis" x1="${at}" x2="${at}" y1="${floor}" y2="${floor + 5}"/>`;
    return mark + text("", Number(at), floor + 20, duration(second), "middle");
  });
  const axis = `<line class="axis" x1="${LEFT}" x2="${right}" y1="${floor}" y2="${floor}"/>`;
  return [...rows, axis, ...columns].join("\n");
}

function drawCurve(scale: Scale, points: readonly Point[]): string {
  const line = path(scale, points);
  const last = scale.x(points.at(-1)!.second);
  const area = `${line}L${last} ${scale.y(0)}L${scale.x(points[0]!.second)} ${scale.y(0)}Z`;
  return `<path class="area" d="${area}"/>\n<path class="line" d="${line}"/>`;
}

/** What a machine uses is known at the samples only: the line keeps a value until the next. */
function path(scale: Scale, points: readonly Point[]): string {
  return points
    .map(({ second, value }, index) =>
      index === 0 ? `M${scale.x(second)} ${scale.y(value)}` : `H${scale.x(second)}V${scale.y(value)}`,
    )
    .join("");
}

function drawLimit(scale: Scale, limit: number): string {
  const at = scale.y(limit);
  const right = LEFT + PLOT_WIDTH;
  const line = `<line class="creation" x1="${LEFT}" x2="${right}" y1="${at}" y2="${at}"/>`;
  return line + text("creation-text", right - 4, Number(at) - 5, `creation ${bytes(limit)}`, "end");
}

function drawException(scale: Scale, second: number): string {
  const at = scale.x(second);
  const line = `<line class="exception" x1="${at}" x2="${at}" y1="${TOP}" y2="${TOP + PLOT_HEIGHT}"/>`;
  return `${line}<circle class="exception-mark" cx="${at}" cy="${TOP}" r="3"><title>exception</title></circle>`;
}

/** Round values from 0 up to `top`, at most `count` steps. */
function ticks(top: number, count: number, steps: readonly number[]): number[] {
  let step = steps.find((candidate) => top / candidate <= count) ?? steps.at(-1)!;
  while (top / step > count) step *= 2;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}

/** `640 B`, `1.5 KiB` */
function bytes(value: number): string {
  if (value < 1_024) return `${value} B`;
  const kibibytes = value / 1_024;
  return `${Number.isInteger(kibibytes) || kibibytes >= 100 ? Math.round(kibibytes) : kibibytes.toFixed(1)} KiB`;
}

/** `40 s`, `2:30` */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(seconds / 3_600);
  return hours > 0 ? `${hours}:${parts.join(":")}` : parts.join(":").replace(/^0/, "");
}

function text(style: string, x: number, y: number, content: string, anchor?: string): string {
  const attributes = `${style && ` class="${style}"`}${anchor ? ` text-anchor="${anchor}"` : ""}`;
  return `<text x="${fixed(x)}" y="${fixed(y)}"${attributes}>${escapeText(content)}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escapeText(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
