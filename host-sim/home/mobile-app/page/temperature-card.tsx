import type { JSX } from "preact";
import { Age } from "./age-text";
import { Chart } from "./chart";
import { roomOf, type Temperature } from "./house-state";
import { extentOf } from "./series";

export interface TemperatureCardProps {
  readonly topic: string;
  readonly temperature: Temperature | undefined;
  /** Whether what is shown is of now. */
  readonly live: boolean;
}

export function TemperatureCard({ topic, temperature, live }: TemperatureCardProps): JSX.Element {
  const room = roomOf(topic);
  const extent = extentOf(temperature?.series ?? []);
  return (
    <section class={`card wide ${live ? "" : "stale"}`} aria-labelledby={topic}>
      <div class="heading">
        <h2 id={topic}>Temperature{room === undefined ? "" : `, ${room}`}</h2>
        {temperature && (
          <p class="soft">
            <Age time={temperature.time} />
          </p>
        )}
      </div>
      {temperature ? (
        <>
          <p class="reading" data-testid="temperature">
            {formatCelsius(temperature.celsius)}
            <small>°C</small>
          </p>
          {extent && (
            <dl class="extent">
              <div>
                <dt>low</dt>
                <dd>{formatCelsius(extent.minimum)}</dd>
              </div>
              <div>
                <dt>high</dt>
                <dd>{formatCelsius(extent.maximum)}</dd>
              </div>
              <div>of the last 15 minutes</div>
            </dl>
          )}
          <Chart series={temperature.series} live={live} />
        </>
      ) : (
        <p class="empty">No reading has come yet.</p>
      )}
    </section>
  );
}

function formatCelsius(celsius: number): string {
  return celsius.toFixed(1).replace("-", "\u2212");
}
