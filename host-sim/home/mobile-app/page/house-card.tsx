import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Age } from "./age-text";
import type { Availability, ConnectionStatus } from "./house-state";
import { type PushStatus, pushStatus, subscribeToAlerts, unsubscribeFromAlerts } from "./push";
import type { SessionInfo } from "./session";

export interface HouseCardProps {
  readonly session: SessionInfo;
  readonly devices: Readonly<Record<string, Availability>>;
  readonly connection: ConnectionStatus;
}

export function HouseCard({ session, devices, connection }: HouseCardProps): JSX.Element {
  const ids = Object.keys(devices).sort();
  return (
    <section class="card narrow" aria-labelledby="devices">
      <h2 id="devices">Devices</h2>
      {ids.length === 0 && <p class="empty">No device has reported yet.</p>}
      <ul class="devices" aria-labelledby="devices">
        {ids.map((id) => (
          <Device key={id} id={id} availability={devices[id]!} connection={connection} />
        ))}
      </ul>
      {session.alerts && <Alerts />}
      {(session.trends || session.alerts) && (
        <nav class="links" aria-label="More of this house">
          {session.trends && <a href="trends/">Trends</a>}
          {session.alerts && <a href="alerts/">Alert log</a>}
        </nav>
      )}
    </section>
  );
}

interface DeviceProps {
  readonly id: string;
  readonly availability: Availability;
  readonly connection: ConnectionStatus;
}

function Device({ id, availability, connection }: DeviceProps): JSX.Element {
  const { online, time } = availability;
  if (connection !== "connected")
    return (
      <li>
        <span class="name">{nameOf(id)}</span>
        <span class="state">was {online ? "online" : "offline"}</span>
      </li>
    );
  return (
    <li class={online ? "online" : "offline"}>
      <span class="name">{nameOf(id)}</span>
      <span class="state">
        {online ? "online" : "offline"}
        {!online && <Age time={time} />}
      </span>
    </li>
  );
}

/** `Smart light` for `smart-light`. */
function nameOf(id: string): string {
  const words = id.replaceAll(/[-_]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const EXPLANATIONS: Readonly<Record<PushStatus, string>> = {
  unsupported: "This browser takes no alerts. On an iPhone, add Thimble to the home screen first.",
  blocked: "Notifications are blocked for this page in the browser's settings.",
  off: "Get told when something moves, also while the app is closed.",
  on: "This phone is told when something moves.",
};

function Alerts(): JSX.Element {
  const [status, setStatus] = useState<PushStatus>("off");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const refresh = (): Promise<void> => pushStatus().then(setStatus);
  useEffect(() => void refresh(), []);
  const toggle = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await (status === "on" ? unsubscribeFromAlerts() : subscribeToAlerts());
    } catch (error) {
      setProblem((error as Error).message);
    }
    await refresh();
    setBusy(false);
  };
  return (
    <>
      <h3 id="alerts">Alerts</h3>
      <div class="setting">
        <p class="soft" id="alerts-explained">
          {EXPLANATIONS[status]}
        </p>
        <button
          type="button"
          class="switch"
          role="switch"
          aria-labelledby="alerts"
          aria-describedby="alerts-explained"
          aria-checked={status === "on"}
          aria-busy={busy}
          disabled={busy || status === "unsupported" || status === "blocked"}
          onClick={toggle}
        />
      </div>
      <p role="status" class={problem === undefined ? "" : "message"}>
        {problem}
      </p>
    </>
  );
}
