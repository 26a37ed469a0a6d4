import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { House } from "./house";
import { HousePage } from "./house-page";
import { forgetAll, keepSession, recallSession } from "./memory";
import { unsubscribeFromAlerts } from "./push";
import { fetchSession, type SessionInfo, signOut } from "./session";
import { SignInPage } from "./sign-in-page";
import { registerWorker } from "./worker-update";

type View =
  | { readonly name: "starting" }
  | { readonly name: "sign-in"; readonly house: SessionInfo | undefined }
  | { readonly name: "house"; readonly house: House; readonly session: SessionInfo };

export function App(): JSX.Element {
  const [view, setView] = useState<View>({ name: "starting" });
  const [update, setUpdate] = useState<() => void>();
  const current = useRef<House>(undefined);
  const code = useCodeOfAddress();

  const leave = useCallback((house: SessionInfo | undefined) => {
    current.current?.close();
    current.current = undefined;
    forgetAll();
    setView({ name: "sign-in", house });
  }, []);

  const enter = useCallback(
    (session: SessionInfo) => {
      keepSession(session);
      current.current?.close();
      const house = new House({
        member: session.member ?? "",
        trends: session.trends,
        alerts: session.alerts,
        checkSession: async () => {
          const answer = await fetchSession();
          if (answer?.member === null && current.current === house) leave(answer);
          return answer !== undefined && answer.member !== null;
        },
      });
      current.current = house;
      setView({ name: "house", house, session });
    },
    [leave],
  );

  useEffect(() => {
    void registerWorker((apply) => setUpdate(() => apply));
    void fetchSession().then((answer) => {
      // Without the house: what the phone remembers of it.
      const session = answer ?? recallSession();
      if (session && session.member !== null) enter(session);
      else leave(answer);
    });
    return () => current.current?.close();
  }, [enter, leave]);

  const onSignOut = async (): Promise<void> => {
    // The next one who uses this phone is not told of this house.
    await unsubscribeFromAlerts().catch(() => {});
    await signOut();
    leave(await fetchSession());
  };

  return (
    <>
      {update && <UpdateNotice apply={update} />}
      {view.name === "sign-in" && <SignInPage key={code} house={view.house} code={code} onSignedIn={enter} />}
      {view.name === "house" && <HousePage house={view.house} session={view.session} onSignOut={onSignOut} />}
    </>
  );
}

function UpdateNotice({ apply }: { readonly apply: () => void }): JSX.Element {
  return (
    <p class="notice update" role="status">
      <span>There is a new version of this app.</span>
      <button type="button" class="quiet" onClick={apply}>
        Use it now
      </button>
    </p>
  );
}

/** The same, also of a link that is followed while the page is open. */
function useCodeOfAddress(): string {
  const [code, setCode] = useState(codeOfAddress);
  useEffect(() => {
    const listener = (): void => setCode(codeOfAddress());
    window.addEventListener("hashchange", listener);
    return () => window.removeEventListener("hashchange", listener);
  }, []);
  return code;
}

/** `#code=K7QX-4MRA`; what stands behind # never leaves the browser. */
function codeOfAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
}
