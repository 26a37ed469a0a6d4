import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { extentOf, type Point, WINDOW } from "./series";

/** The least that the vertical axis shows, K: the noise of a sensor is no drama. */
const LEAST_SPAN = 1;
const MARGIN = 0.15;
/** The least that the horizontal axis shows, ms. */
const LEAST_WINDOW = 60_000;

export interface ChartProps {
  readonly series: readonly Point[];
  /** Whether the newest reading is of now. */
  readonly live: boolean;
}

/** The live chart. It says in words what it shows, for who does not see it. */
export function Chart({ series, live }: ChartProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const newest = useRef(series);
  newest.current = series;
  const isLive = useRef(live);
  isLive.current = live;

  useEffect(() => {
    const container = element.current;
    if (!container) return;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = createPlot(container, newest.current, () => isLive.current);
    };
    const resize = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = container;
      if (plot.current) plot.current.setSize({ width, height });
      else draw();
    });
    resize.observe(container);
    // Its colours are drawn, not styled.
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    return () => {
      resize.disconnect();
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);

  // Also with `live`, which the time axis tells.
  useEffect(() => plot.current?.setData(columns(series)), [series, live]);

  return <div class="chart" ref={element} role="img" aria-label={inWords(series)} />;
}

function inWords(series: readonly Point[]): string {
  const extent = extentOf(series);
  if (!extent) return "Chart of the temperature: no readings yet";
  const minutes = Math.max(1, Math.round(((series.at(-1)?.[0] ?? 0) - (series[0]?.[0] ?? 0)) / 60_000));
  const { minimum, maximum } = extent;
  return `Chart of the temperature, last ${minutes} min: between ${minimum.toFixed(1)} and ${maximum.toFixed(1)} °C`;
}

function columns(series: readonly Point[]): uPlot.AlignedData {
  return [series.map(([time]) => time / 1_000), series.map(([, celsius]) => celsius)];
}

function createPlot(container: HTMLElement, series: readonly Point[], isLive: () => boolean): uPlot {
  const style = getComputedStyle(container);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color("--ink-soft"),
    font: `12px ${style.fontFamily}`,
    ticks: { show: false },
  };
  const options: uPlot.Options = {
    width: container.clientWidth,
    height: container.clientHeight,
    legend: { show: false },
    padding: [12, 18, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { size: 9, fill: color("--thread") } },
    scales: {
      x: { time: true, range: (_plot, minimum, maximum) => timeRange(minimum, maximum) },
      y: { range: (_plot, minimum, maximum) => valueRange(minimum, maximum) },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        gap: 6,
        splits: (_plot, _axis, minimum, maximum) => timeSplits(minimum, maximum),
        values: (_plot, times) => times.map((time) => beforeNow((times.at(-1) ?? time) - time, isLive())),
      },
      {
        ...axis,
        grid: { stroke: color("--line"), width: 1 },
        size: 46,
        gap: 8,
        space: 36,
        values: (_plot, values) => values.map((value) => `${value.toFixed(1)}°`),
      },
    ],
    series: [
      {},
      {
        stroke: color("--thread"),
        width: 2.25,
        fill: color("--thread-soft"),
        // The newest reading only.
        points: {
          show: true,
          size: 9,
          fill: color("--thread"),
          width: 0,
          filter: (plot) => [plot.data[0].length - 1],
        },
        spanGaps: false,
      },
    ],
  };
  return new uPlot(options, columns(series), container);
}

/** Steps between labels of the time axis, s. */
const STEPS: readonly number[] = [15, 30, 60, 120, 300];
const MOST_LABELS = 5;

/** In s, backwards from the newest reading, oldest first. */
function timeSplits(minimum: number, maximum: number): number[] {
  const step = STEPS.find((candidate) => (maximum - minimum) / candidate < MOST_LABELS) ?? STEPS.at(-1)!;
  const splits: number[] = [];
  for (let time = maximum; time >= minimum; time -= step) splits.unshift(time);
  return splits;
}

function beforeNow(seconds: number, isLive: boolean): string {
  if (seconds === 0) return isLive ? "now" : "last";
  return seconds < 60 || seconds % 60 !== 0 ? `−${seconds} s` : `−${seconds / 60} min`;
}

/** In s: all there is within the window, and not less than a minute. */
function timeRange(minimum: number | null, maximum: number | null): [number, number] {
  const end = maximum ?? Date.now() / 1_000;
  const begin = Math.max(minimum ?? end, end - WINDOW / 1_000);
  return [Math.min(begin, end - LEAST_WINDOW / 1_000), end];
}

function valueRange(minimum: number | null, maximum: number | null): [number, number] {
  const low = minimum ?? 20;
  const high = maximum ?? 21;
  const middle = (low + high) / 2;
  const span = Math.max(LEAST_SPAN, (high - low) * (1 + 2 * MARGIN));
  return [middle - span / 2, middle + span / 2];
}
