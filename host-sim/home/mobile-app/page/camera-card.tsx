import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Age } from "./age-text";
import { type Picture, roomOf } from "./house-state";
import type { Motion } from "./motion";
import { useNow } from "./use-house";

export interface CameraCardProps {
  readonly topic: string;
  readonly picture: Picture | undefined;
  readonly motions: readonly Motion[];
}

/** Motion younger than this is marked, ms. */
const FRESH = 60_000;

export function CameraCard({ topic, picture, motions }: CameraCardProps): JSX.Element {
  const room = roomOf(topic);
  return (
    <section class="card wide" aria-labelledby={topic}>
      <div class="camera">
        <div>
          <h2 id={topic}>Camera{room === undefined ? "" : `, ${room}`}</h2>
          <PictureFigure picture={picture} />
        </div>
        <div>
          <h2 id={`${topic}-motion`}>Motion</h2>
          <MotionList motions={motions} labelledBy={`${topic}-motion`} />
        </div>
      </div>
    </section>
  );
}

function PictureFigure({ picture }: { readonly picture: Picture | undefined }): JSX.Element {
  const address = usePictureAddress(picture);
  return (
    <figure class="picture">
      {picture && address !== undefined ? (
        <>
          <img src={address} alt={`What the camera saw at ${clock(picture.time)}`} />
          <figcaption>
            <Age time={picture.time} />
          </figcaption>
        </>
      ) : (
        <p class="empty">A picture comes with the next motion.</p>
      )}
    </figure>
  );
}

/** An address that lasts as long as the picture is shown. */
function usePictureAddress(picture: Picture | undefined): string | undefined {
  const [address, setAddress] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (!picture) return;
    const url = URL.createObjectURL(new Blob([picture.bytes as BlobPart], { type: "image/jpeg" }));
    setAddress(url);
    return () => URL.revokeObjectURL(url);
  }, [picture]);
  return address;
}

interface MotionListProps {
  readonly motions: readonly Motion[];
  readonly labelledBy: string;
}

function MotionList({ motions, labelledBy }: MotionListProps): JSX.Element {
  const now = useNow();
  if (motions.length === 0) return <p class="empty">Nothing has moved yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <ol class="events" aria-labelledby={labelledBy} tabIndex={0}>
      {motions.map(({ time, sequence }) => (
        <li key={`${time} ${sequence}`} class={now - time < FRESH ? "fresh" : ""}>
          Somebody moved
          <time dateTime={new Date(time).toISOString()}>{dayAndClock(time, now)}</time>
        </li>
      ))}
    </ol>
  );
}

function clock(time: number): string {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function dayAndClock(time: number, now: number): string {
  const date = new Date(time);
  if (date.toDateString() === new Date(now).toDateString()) return clock(time);
  return `${date.toLocaleDateString([], { day: "numeric", month: "short" })} ${clock(time)}`;
}
