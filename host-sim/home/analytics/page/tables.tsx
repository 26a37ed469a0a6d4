import { useState } from "preact/hooks";
import { type Answer, type DeviceSeries, degrees, describeGap, describeTime, figures } from "./model";

export interface TableProps {
  readonly answer: Answer;
  readonly series: readonly { readonly one: DeviceSeries; readonly style: number }[];
}

const MOST_GAPS = 5;

/** Each device in figures, with its gaps. */
export function Summary({ answer, series }: TableProps): preact.JSX.Element {
  return (
    <section class="figures" aria-label="Figures">
      {series.map(({ one, style }) => {
        const values = figures(one);
        return (
          <article key={one.device} class="card">
            <h3 class={`device style-${style}`}>{one.device}</h3>
            {values ? (
              <dl>
                <Figure name="Lowest" value={degrees(values.minimum)} />
                <Figure name="Mean" value={degrees(values.mean)} />
                <Figure name="Highest" value={degrees(values.maximum)} />
                <Figure name="Readings" value={values.readings.toLocaleString("en")} />
              </dl>
            ) : (
              <p class="soft">No reading</p>
            )}
            {one.gaps.length > 0 && (
              <div class="gaps">
                <h4>{one.gaps.length === 1 ? "1 gap" : `${one.gaps.length} gaps`} without readings</h4>
                <ul>
                  {one.gaps.slice(-MOST_GAPS).map((gap) => (
                    <li key={gap[0]}>{describeGap(gap, answer)}</li>
                  ))}
                  {one.gaps.length > MOST_GAPS && <li>and {one.gaps.length - MOST_GAPS} before</li>}
                </ul>
              </div>
            )}
          </article>
        );
      })}
    </section>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): preact.JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const MOST_ROWS = 400;

/** What the chart draws, in words; made when it is opened. */
export function Table({ answer, series }: TableProps): preact.JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {open &&
        series.map(({ one }) => (
          <section
            key={one.device}
            class="scroll"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
            tabIndex={0}
            aria-label={`Table of ${one.device}`}
          >
            <table>
              <caption>
                {one.device}
                {one.time.length > MOST_ROWS &&
                  `, the last ${MOST_ROWS} of ${one.time.length} ${answer.resolution}`}
              </caption>
              <thead>
                <tr>
                  <th scope="col">From</th>
                  <th scope="col">Lowest</th>
                  <th scope="col">Mean</th>
                  <th scope="col">Highest</th>
                  <th scope="col">Readings</th>
                </tr>
              </thead>
              <tbody>{rows(one, answer)}</tbody>
            </table>
          </section>
        ))}
    </details>
  );
}

function rows(one: DeviceSeries, answer: Answer): preact.JSX.Element[] {
  const first = Math.max(0, one.time.length - MOST_ROWS);
  return one.time.slice(first).map((time, place) => {
    const index = first + place;
    return (
      <tr key={time}>
        <th scope="row">{describeTime(time, answer)}</th>
        <td>{degrees(one.minimum[index]!)}</td>
        <td>{degrees(one.mean[index]!)}</td>
        <td>{degrees(one.maximum[index]!)}</td>
        <td>{one.count[index]!.toLocaleString("en")}</td>
      </tr>
    );
  });
}
