import type { JSX } from "preact";
import type { Phone } from "./api";

export interface PhonesProps {
  /** `undefined` until it is known. */
  readonly phones: readonly Phone[] | undefined;
  onTest(): void;
  onForget(id: string): void;
}

/** Who is told, and a way to try it. */
export function Phones({ phones, onTest, onForget }: PhonesProps): JSX.Element {
  return (
    <section class="card phones" aria-labelledby="phones-title">
      <h2 id="phones-title">Phones that are told</h2>
      {phones?.length === 0 ? <p class="empty">None yet. Allow notifications in the app.</p> : null}
      <ul>
        {phones?.map((phone) => (
          <li key={phone.id}>
            <div>
              <p class="title">{phone.member ?? "A browser"}</p>
              <p class="text">
                {phone.host}, since {new Date(phone.created).toLocaleDateString()}
              </p>
            </div>
            <button
              type="button"
              class="quiet"
              aria-label={`Forget ${phone.member ?? "the browser"} at ${phone.host}`}
              onClick={() => onForget(phone.id)}
            >
              Forget
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="main" onClick={onTest}>
        Send a test alert
      </button>
    </section>
  );
}
