import type { LoggedAlert } from "../log-model";

export interface Status {
  readonly broker: string;
  readonly connected: boolean;
  readonly waiting: number;
}

export interface Phone {
  readonly id: string;
  readonly host: string;
  /** ms since 1970. */
  readonly created: number;
  readonly member?: string;
}

/** All that the page shows. */
export interface Log {
  readonly alerts: readonly LoggedAlert[];
  readonly phones: readonly Phone[];
  readonly status: Status;
}

/** @throws {Error} when the service does not answer, or refuses; for people */
export async function readLog(): Promise<Log> {
  const [alerts, subscriptions, status] = await Promise.all([
    call<{ alerts: LoggedAlert[] }>("GET", "api/alerts?limit=200"),
    call<{ subscriptions: Phone[] }>("GET", "api/subscriptions"),
    call<Status>("GET", "api/status"),
  ]);
  return { alerts: alerts.alerts, phones: subscriptions.subscriptions, status };
}

export async function sendTestAlert(): Promise<void> {
  await call("POST", "api/test");
}

export async function forgetPhone(id: string): Promise<void> {
  await call("DELETE", `api/subscriptions/${id}`);
}

async function call<Answer>(method: string, path: string): Promise<Answer> {
  const response = await fetch(path, { method, headers: { accept: "application/json" } });
  if (response.status === 204) return undefined as Answer;
  const answer = (await response.json().catch(() => ({}))) as Answer & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `the alert service answers ${response.status}`);
  return answer;
}
