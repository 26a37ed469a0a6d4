import { useState } from "preact/hooks";
import { fetchIncidents, type Incident, type Status } from "./api";

/** What came and is no reading: how much, and on demand what. */
export function Incidents({ status }: { readonly status: Status }): preact.JSX.Element {
  const [incidents, setIncidents] = useState<readonly Incident[]>();
  const kinds = Object.entries(status.stored.incidents);
  const total = status.stored.readings.toLocaleString("en");
  async function toggle({ currentTarget }: { currentTarget: HTMLDetailsElement }): Promise<void> {
    if (currentTarget.open) setIncidents(await fetchIncidents().catch(() => []));
  }
  return (
    <section class="card intake" aria-label="Intake">
      <p>
        {total} readings kept one by one.
        {status.connected ? "" : " The broker is away: nothing comes at the moment."}
      </p>
      {kinds.length > 0 && (
        <details onToggle={toggle}>
          <summary>
            Set aside: {kinds.map(([kind, count]) => `${count.toLocaleString("en")} ${kind}`).join(", ")}
          </summary>
          <ul>
            {incidents?.map(({ time, kind, topic, detail }, index) => (
              <li key={index}>
                <time dateTime={time}>{new Date(time).toLocaleString("en-GB")}</time> {kind}
                {topic === null ? "" : ` on ${topic}`}: <code>{detail}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
