import { type DeviceSeries, VIEW_NAMES } from "./model";
import type { Trends } from "./use-trends";

export interface ControlsProps {
  readonly trends: Trends;
  readonly devices: readonly { readonly one: DeviceSeries; readonly style: number }[];
}

/** Which time, and which devices. */
export function Controls({ trends, devices }: ControlsProps): preact.JSX.Element {
  const { view, answer } = trends;
  const date = answer?.from && localDate(answer.from, answer.timeZone);
  return (
    <section class="controls" aria-label="What is shown">
      <fieldset class="views">
        <legend class="visually-hidden">Length of time</legend>
        {VIEW_NAMES.map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="view"
              value={name}
              checked={view === name}
              onChange={() => trends.show(name, date)}
            />
            <span>{`${name[0]!.toUpperCase()}${name.slice(1)}`}</span>
          </label>
        ))}
      </fieldset>
      <div class="steps">
        <button
          type="button"
          aria-label={`Previous ${view}`}
          disabled={!answer}
          onClick={() => trends.show(view, answer?.previous)}
        >
          ‹
        </button>
        <input
          type="date"
          aria-label="Date"
          value={date ?? ""}
          onChange={({ currentTarget: { value } }) => value !== "" && trends.show(view, value)}
        />
        <button
          type="button"
          aria-label={`Next ${view}`}
          disabled={!answer?.next}
          onClick={() => trends.show(view, answer?.next ?? undefined)}
        >
          ›
        </button>
        <button type="button" class="now" onClick={() => trends.show(view)}>
          Now
        </button>
      </div>
      {devices.length > 1 && (
        <fieldset class="devices">
          <legend class="visually-hidden">Devices</legend>
          {devices.map(({ one: { device }, style }) => (
            <label key={device} class={`device style-${style}`}>
              <input
                type="checkbox"
                checked={!trends.hidden.has(device)}
                onChange={() => trends.toggle(device)}
              />
              <span>{device}</span>
            </label>
          ))}
        </fieldset>
      )}
    </section>
  );
}

function localDate(time: string, timeZone: string): string {
  // Sweden writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(Date.parse(time));
}
