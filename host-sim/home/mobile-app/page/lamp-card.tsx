import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Age } from "./age-text";
import { COMMAND_DEADLINE, type House } from "./house";
import { roomOf } from "./house-state";
import { brightnessOf, type Lamp, type PendingCommand, percentOf } from "./lamp";
import { useNow } from "./use-house";

export interface LampCardProps {
  readonly house: House;
  readonly topic: string;
  readonly lamp: Lamp;
}

/** While a finger moves, the lamp is asked so often, ms. */
const SLIDE_INTERVAL = 200;

/** A lamp as it says it is. What somebody wants of it is shown beside, until the lamp has it or there is a reason why not. */
export function LampCard({ house, topic, lamp }: LampCardProps): JSX.Element {
  const { confirmed, pending, refusal } = lamp;
  const room = roomOf(topic);
  const on = confirmed?.on ?? false;
  const percent = percentOf(confirmed?.brightness ?? 255);
  return (
    <section
      class={`card narrow lamp ${on ? "lit" : ""}`}
      aria-labelledby={topic}
      style={{ "--light": on ? 0.25 + (0.75 * percent) / 100 : 0 }}
    >
      <div class="dimples" />
      <h2 id={topic}>Lamp{room === undefined ? "" : `, ${room}`}</h2>
      <p class="level" data-testid="lamp-state">
        {confirmed ? <Level on={on} percent={percent} /> : "–"}
      </p>
      <p class="soft">
        {confirmed ? (
          <>
            The lamp says so, <Age time={lamp.time} unknown="when is not known" />
          </>
        ) : (
          "The lamp has not said yet."
        )}
      </p>
      <div class="controls">
        <div class="row">
          <span id={`${topic}-switch`}>Switch</span>
          <button
            type="button"
            class="switch"
            role="switch"
            aria-labelledby={`${topic} ${topic}-switch`}
            aria-checked={on}
            aria-busy={pending !== undefined}
            onClick={() => house.switchLamp(topic, { on: !on })}
          />
        </div>
        <Brightness house={house} topic={topic} percent={percent} pending={pending} />
        <p class={`answer ${refusal === undefined ? "" : "refused"}`} role="status">
          {pending ? <Pending pending={pending} /> : refusal}
        </p>
      </div>
    </section>
  );
}

function Level({ on, percent }: { readonly on: boolean; readonly percent: number }): JSX.Element {
  if (!on) return <>Off</>;
  return (
    <>
      {percent}
      <small>%</small>
    </>
  );
}

interface BrightnessProps {
  readonly house: House;
  readonly topic: string;
  readonly percent: number;
  readonly pending: PendingCommand | undefined;
}

function Brightness({ house, topic, percent, pending }: BrightnessProps): JSX.Element {
  const lastAsked = useRef(0);
  const wished = pending?.wish.brightness;
  // The thumb stays under the finger; the number above is the lamp's own.
  const shown = wished === undefined ? percent : percentOf(wished);
  const ask = (value: number): void => {
    lastAsked.current = Date.now();
    house.switchLamp(topic, { on: true, brightness: brightnessOf(value) });
  };
  return (
    <div>
      <label class="slider-label" for={`${topic}-brightness`}>
        Brightness
      </label>
      <input
        id={`${topic}-brightness`}
        class="slider"
        type="range"
        min="1"
        max="100"
        value={shown}
        aria-valuetext={`${shown} %`}
        style={{ "--fill": `${shown}%` }}
        onInput={({ currentTarget }) => {
          if (Date.now() - lastAsked.current >= SLIDE_INTERVAL) ask(currentTarget.valueAsNumber);
        }}
        onChange={({ currentTarget }) => ask(currentTarget.valueAsNumber)}
      />
    </div>
  );
}

function Pending({ pending }: { readonly pending: PendingCommand }): JSX.Element {
  const now = useNow();
  if (pending.stage === "sent") return <>Asking the lamp …</>;
  const left = Math.max(0, Math.ceil((pending.since + COMMAND_DEADLINE - now) / 1_000));
  return <>Waiting for the connection, {left} s more …</>;
}
