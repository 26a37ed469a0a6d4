import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { chartOptions } from "./chart-options";
import { type Answer, align, type DeviceSeries, degrees, describeTime, indexAt } from "./model";

export interface ChartProps {
  readonly answer: Answer;
  /** Those that are drawn; `style` is their place in the list of all devices. */
  readonly series: readonly { readonly one: DeviceSeries; readonly style: number }[];
}

const PERIODS = { minutes: 60, hours: 3_600, days: 86_400 } as const;
/** px */
const LARGEST_HEIGHT = 420;
const SMALLEST_HEIGHT = 240;

/** Mean as a line in the band of minimum and maximum; a cursor that pointer and arrow keys move, read aloud as a slider's value. */
export function Chart({ answer, series }: ChartProps): preact.JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [index, setIndex] = useState<number>();
  const scheme = useScheme();
  const aligned = useMemo(() => align(series.map(({ one }) => one)), [series]);
  const { time } = aligned;

  useEffect(() => {
    const parent = element.current!;
    const options = chartOptions({ answer, series, aligned, element: parent, onCursor: setIndex });
    const data = [time, ...aligned.devices.flatMap(({ maximum, minimum, mean }) => [maximum, minimum, mean])];
    const chart = new uPlot({ ...options, ...sizeOf(parent) }, data as uPlot.AlignedData, parent);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize(sizeOf(parent)));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [answer, series, aligned, time, scheme]);

  function move(event: KeyboardEvent): void {
    const last = time.length - 1;
    const page = Math.max(1, Math.round(time.length / 24));
    const steps: Readonly<Record<string, (from: number) => number>> = {
      ArrowLeft: (from) => from - 1,
      ArrowDown: (from) => from - 1,
      ArrowRight: (from) => from + 1,
      ArrowUp: (from) => from + 1,
      PageDown: (from) => from - page,
      PageUp: (from) => from + page,
      Home: () => 0,
      End: () => last,
    };
    const step = steps[event.key];
    if (!step || last < 0 || !plot.current) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, step(index ?? last + 1)));
    const left = plot.current.valToPos(time[next]!, "x");
    plot.current.setCursor({ left, top: plot.current.over.clientHeight / 2 });
    setIndex(next);
  }

  const at = index === undefined ? undefined : time[Math.min(index, time.length - 1)];
  const readout = at === undefined ? [] : describeAt(at, answer, series);
  return (
    <div class="plot">
      <div
        ref={element}
        class="canvas"
        role="slider"
        tabIndex={0}
        aria-label="Temperature over time. Arrow keys move through it."
        aria-valuemin={0}
        aria-valuemax={Math.max(0, time.length - 1)}
        aria-valuenow={index ?? Math.max(0, time.length - 1)}
        aria-valuetext={
          at === undefined
            ? "No time chosen"
            : [describeTime(at, answer), ...readout.map(({ text }) => text)].join("; ")
        }
        onKeyDown={move}
      />
      <p class="readout" aria-hidden="true">
        {at === undefined ? (
          <span class="soft">Point at the chart, or move through it with the arrow keys.</span>
        ) : (
          <>
            <b>{describeTime(at, answer)}</b>
            {readout.map(({ style, text }) => (
              <span key={text} class={`device style-${style}`}>
                {text}
              </span>
            ))}
          </>
        )}
      </p>
    </div>
  );
}

function describeAt(
  at: number,
  answer: Answer,
  series: ChartProps["series"],
): { style: number; text: string }[] {
  const several = series.length > 1;
  return series.map(({ one, style }) => {
    const name = several ? `${one.device} ` : "";
    const index = indexAt(one, at, PERIODS[answer.resolution]);
    if (index === undefined) return { style, text: `${name}no reading` };
    const [minimum, mean, maximum] = [one.minimum[index]!, one.mean[index]!, one.maximum[index]!];
    const range = minimum === maximum ? "" : `, ${degrees(minimum)} to ${degrees(maximum)}`;
    return { style, text: `${name}${degrees(mean)}${range}` };
  });
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  const width = element.clientWidth;
  return { width, height: Math.round(Math.min(LARGEST_HEIGHT, Math.max(SMALLEST_HEIGHT, width * 0.5))) };
}

/** Canvas takes its colours once: it is drawn anew when the system turns dark or light. */
function useScheme(): boolean {
  const query = useMemo(() => matchMedia("(prefers-color-scheme: dark)"), []);
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const change = (): void => setDark(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, [query]);
  return dark;
}
