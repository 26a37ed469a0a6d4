import type { Answer, ViewName } from "./model";

export interface Incident {
  /** ISO 8601. */
  readonly time: string;
  readonly kind: string;
  readonly topic: string | null;
  readonly detail: string;
}

export interface Status {
  readonly connected: boolean;
  readonly stored: { readonly readings: number; readonly incidents: Readonly<Record<string, number>> };
}

/** Somebody has to sign in again. */
export class SignedOut extends Error {}

export function fetchSeries(view: ViewName, at: string | undefined): Promise<Answer> {
  const search = new URLSearchParams({ view, ...(at === undefined ? {} : { at }) });
  return fetchJSON(`api/series?${search}`);
}

export function fetchStatus(): Promise<Status> {
  return fetchJSON("api/status");
}

export async function fetchIncidents(): Promise<readonly Incident[]> {
  const { incidents } = await fetchJSON<{ incidents: readonly Incident[] }>("api/incidents?limit=20");
  return incidents;
}

/** Where what is shown can be had as a file. */
export function exportURL(format: "csv" | "parquet", answer: Answer, devices: readonly string[]): string {
  const search = new URLSearchParams({ table: answer.resolution, from: answer.from, to: answer.to });
  for (const device of devices) search.append("device", device);
  return `api/export.${format}?${search}`;
}

async function fetchJSON<Result>(url: string): Promise<Result> {
  const response = await fetch(url, { headers: { accept: "application/json" } });
  if (response.status === 401 || response.status === 403) throw new SignedOut("signed out");
  if (!response.ok) {
    const { error } = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Error(error ?? `the service answers ${response.status}`);
  }
  return (await response.json()) as Result;
}
