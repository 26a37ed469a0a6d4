import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Mark } from "./mark";
import { GUEST, type SessionInfo, signIn } from "./session";

export interface SignInPageProps {
  /** `undefined`: the house cannot be reached. */
  readonly house: SessionInfo | undefined;
  /** Out of the address that the house has printed. */
  readonly code: string;
  onSignedIn(session: SessionInfo): void;
}

export function SignInPage({ house, code, onSignedIn }: SignInPageProps): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const locked = house?.locked ?? true;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const fields = new FormData(form.current!);
    setBusy(true);
    setProblem(undefined);
    const answer = await signIn(String(fields.get("name") ?? GUEST), String(fields.get("password")));
    setBusy(false);
    if (typeof answer === "string") setProblem(answer);
    else onSignedIn(answer);
  };
  return (
    <main class="sign-in">
      <form ref={form} onSubmit={submit}>
        <Mark class="mark" />
        <h1>Come in</h1>
        <p class="soft">
          {locked
            ? "Sign in as a member of this household."
            : "This house has no household yet. Its code stands where it was started."}
        </p>
        {locked && (
          <label>
            Name
            <input name="name" autoComplete="username" autoCapitalize="none" required maxLength={64} />
          </label>
        )}
        {locked ? (
          <label>
            Password
            <input name="password" type="password" autoComplete="current-password" required maxLength={256} />
          </label>
        ) : (
          <label>
            Code
            <input
              name="password"
              class="code"
              type="text"
              autoComplete="one-time-code"
              autoCapitalize="characters"
              spellcheck={false}
              defaultValue={code}
              required
              maxLength={32}
            />
          </label>
        )}
        <p role="alert" class={problem === undefined ? "" : "message"}>
          {problem}
        </p>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
