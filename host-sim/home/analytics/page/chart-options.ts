import uPlot from "uplot";
import { type Aligned, type Answer, type DeviceSeries, describeTick } from "./model";

/** Devices are told apart by colour and by dashes. */
export const STYLES = 6;
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [12, 3, 2, 3], [5, 2], [1, 2]];

export interface ChartContents {
  readonly answer: Answer;
  readonly series: readonly { readonly one: DeviceSeries; readonly style: number }[];
  readonly aligned: Aligned;
  /** Where the colours are taken from. */
  readonly element: HTMLElement;
  onCursor(index: number | undefined): void;
}

/** What uPlot draws: for each device maximum, minimum, mean. */
export function chartOptions(contents: ChartContents): Omit<uPlot.Options, "width" | "height"> {
  const { answer, series, element, onCursor } = contents;
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--ink-soft"),
    font: `12px ${colour("--font")}`,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
  };
  const isLonely = contents.aligned.time.length < 100;
  return {
    tzDate: (time) => uPlot.tzDate(new Date(time * 1_000), answer.timeZone),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
    scales: {
      x: { time: true, range: [Date.parse(answer.from) / 1_000, Date.parse(answer.to) / 1_000] },
      y: { range: temperatures },
    },
    axes: [
      {
        ...axis,
        space: 56,
        values: (_plot, splits) => splits.map((at) => describeTick(at, answer)),
        incrs: increments(answer),
      },
      {
        ...axis,
        size: 52,
        values: (_plot, splits) => splits.map((value) => `${String(value).replace("-", "\u2212")}°`),
      },
    ],
    series: [
      {},
      ...series.flatMap(({ style: number }) => {
        const stroke = colour(`--device-${number}`);
        const points = { show: isLonely, size: 4 };
        const edge: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false } };
        return [edge, edge, { stroke, width: 2, dash: [...DASHES[number % STYLES]!], points }];
      }),
    ],
    bands: series.map(({ style: number }, place) => ({
      series: [place * 3 + 1, place * 3 + 2] as [number, number],
      fill: colour(`--device-${number}-soft`),
    })),
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? undefined)],
      drawClear: [(plot) => drawGaps(plot, series.length === 1 ? series[0]!.one.gaps : [], colour("--gap"))],
    },
  };
}

/** A degree of room above and below, and whole degrees. */
function temperatures(_plot: uPlot, minimum: number | null, maximum: number | null): [number, number] {
  if (minimum === null || maximum === null) return [15, 25];
  return [Math.floor(minimum - 0.5), Math.ceil(maximum + 0.5)];
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

function increments({ view }: Answer): number[] {
  if (view === "day") return [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR];
  // uPlot takes 30 days for a month, and goes by the calendar.
  if (view === "year") return [30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY];
  return [DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY];
}

/** Where the only device has no readings, the ground is shaded: a gap is seen even beside a flat line. */
function drawGaps(plot: uPlot, gaps: DeviceSeries["gaps"], colour: string): void {
  const { ctx: context, bbox } = plot;
  context.save();
  context.fillStyle = colour;
  for (const [from, to] of gaps) {
    const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, "x", true));
    if (right > left) context.fillRect(left, bbox.top, right - left, bbox.height);
  }
  context.restore();
}
