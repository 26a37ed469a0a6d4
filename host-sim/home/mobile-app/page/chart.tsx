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

/** The live chart. It says in words what it shows, for who does not see it. */
export function Chart({ series }: { readonly series: readonly Point[] }): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const newest = useRef(series);
  newest.current = series;

  useEffect(() => {
    const container = element.current;
    if (!container) return;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = createPlot(container, newest.current);
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

  useEffect(() => plot.current?.setData(columns(series)), [series]);

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

function createPlot(container: HTMLElement, series: readonly Point[]): uPlot {
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
        space: 90,
        values: (_plot, times) => times.map(clock),
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
        points: { show: false },
        spanGaps: false,
      },
    ],
  };
  return new uPlot(options, columns(series), container);
}

function clock(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
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
