/** What the server says of itself and of who is signed in. */
export interface SessionInfo {
  /** `null`: nobody. */
  readonly member: string | null;
  /** False: no household; the only member is the guest. */
  readonly locked: boolean;
  readonly trends: boolean;
  readonly alerts: boolean;
}

/** Of a house without a household. */
export const GUEST = "guest";

const ADDRESS = "api/session";

/** @returns `undefined` when the house cannot be reached */
export async function fetchSession(): Promise<SessionInfo | undefined> {
  try {
    const response = await fetch(ADDRESS, { headers: { accept: "application/json" } });
    return response.ok ? ((await response.json()) as SessionInfo) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns who is signed in now, or why nobody is, for people */
export async function signIn(name: string, password: string): Promise<SessionInfo | string> {
  try {
    const response = await fetch(ADDRESS, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ name, password }),
    });
    const answer = (await response.json()) as SessionInfo & { error?: string };
    return response.ok ? answer : (answer.error ?? "The house did not let you in.");
  } catch {
    return "The house cannot be reached. Are you at home, and is it running?";
  }
}

/** @returns whether the house knows of it */
export async function signOut(): Promise<boolean> {
  try {
    return (await fetch(ADDRESS, { method: "DELETE" })).ok;
  } catch {
    return false;
  }
}
