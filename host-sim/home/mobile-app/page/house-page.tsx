import type { JSX } from "preact";
import { Age } from "./age-text";
import { CameraCard } from "./camera-card";
import type { House } from "./house";
import { HouseCard } from "./house-card";
import type { ConnectionStatus, HouseState } from "./house-state";
import { LampCard } from "./lamp-card";
import { Mark } from "./mark";
import type { SessionInfo } from "./session";
import { TemperatureCard } from "./temperature-card";
import { useHouse } from "./use-house";

export interface HousePageProps {
  readonly house: House;
  readonly session: SessionInfo;
  onSignOut(): void;
}

const CONNECTION_WORDS: Readonly<Record<ConnectionStatus, string>> = {
  connecting: "Connecting",
  connected: "Live",
  disconnected: "Offline",
};

/** Shown before anything has been heard: every home of the house's table has one of each. */
const TEMPERATURE_TOPIC = "home/temp";
const LAMP_TOPIC = "home/light";
const CAMERA_TOPIC = "home/camera";

export function HousePage({ house, session, onSignOut }: HousePageProps): JSX.Element {
  const state = useHouse(house);
  const { status } = state.connection;
  return (
    <div class="frame">
      <header class="bar">
        <h1 class="brand">
          <Mark />
          Thimble
        </h1>
        <p class="connection" data-status={status} role="status">
          {CONNECTION_WORDS[status]}
        </p>
        <div class="member">
          <span>{session.member}</span>
          <button type="button" class="quiet" onClick={onSignOut}>
            Sign out
          </button>
        </div>
      </header>
      {status === "disconnected" && <Offline since={state.connection.since} />}
      <main class="grid">
        <Cards house={house} state={state} />
        <HouseCard session={session} devices={state.devices} connection={status} />
      </main>
    </div>
  );
}

function Cards({ house, state }: { readonly house: House; readonly state: HouseState }): JSX.Element {
  const { temperatures, lamps, pictures, motions, connection } = state;
  const live = connection.status === "connected";
  const cameras = topics([...Object.keys(pictures), ...motions.map(({ camera }) => camera)], CAMERA_TOPIC);
  return (
    <>
      {topics(Object.keys(temperatures), TEMPERATURE_TOPIC).map((topic) => (
        <TemperatureCard key={topic} topic={topic} temperature={temperatures[topic]} live={live} />
      ))}
      {topics(Object.keys(lamps), LAMP_TOPIC).map((topic) => (
        <LampCard key={topic} house={house} topic={topic} lamp={lamps[topic] ?? {}} />
      ))}
      {cameras.map((topic) => (
        <CameraCard
          key={topic}
          topic={topic}
          picture={pictures[topic]}
          motions={motions.filter(({ camera }) => camera === topic)}
        />
      ))}
    </>
  );
}

function topics(known: readonly string[], usual: string): readonly string[] {
  return known.length === 0 ? [usual] : [...new Set(known)].sort();
}

function Offline({ since }: { readonly since: number }): JSX.Element {
  return (
    <p class="notice offline" role="status">
      <span>
        The connection to the house was lost <Age time={since} />. You see what was heard last. Commands wait
        ten seconds for the connection.
      </span>
    </p>
  );
}
