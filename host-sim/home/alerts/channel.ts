import type { Alert } from "./record";

/** What a try to send came to. Reasons are for people and hold no address. */
export type Outcome =
  | { readonly result: "sent" }
  /** Try again, not before `after` ms if the other side says so. */
  | { readonly result: "retry"; readonly reason: string; readonly after?: number | undefined }
  /** Trying again cannot help. */
  | { readonly result: "failed"; readonly reason: string }
  /** Nobody is there any more: the target is to be forgotten. */
  | { readonly result: "gone"; readonly reason: string };

export interface Sending {
  readonly alert: Alert;
  /** From 1; above, the alert may have arrived already. */
  readonly attempt: number;
  /** For which the alert is still news, ms, above 0. */
  readonly timeToLive: number;
  /** ms since 1970. */
  readonly now: number;
}

/** A way to tell somebody. */
export interface Channel {
  /** For pages and logs: the host, never the address. */
  readonly name: string;
  /** Never throws. */
  send(sending: Sending): Promise<Outcome>;
}

/** Longer than this nobody is told to wait, ms. */
const MAXIMUM_RETRY_AFTER = 24 * 3_600_000;

/** What a status of HTTP means for the sender (RFC 8030 section 8.4, RFC 9110). */
export function judgeStatus(status: number, retryAfter: string | undefined, now: number): Outcome {
  if (status >= 200 && status < 300) return { result: "sent" };
  const reason = `HTTP ${status}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return { result: "retry", reason, after: parseRetryAfter(retryAfter, now) };
  return { result: "failed", reason };
}

/**
 * @param value - seconds, or a date (RFC 9110 section 10.2.3)
 * @param now - ms since 1970
 * @returns ms, 0 to 24 h; `undefined` for anything else
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAXIMUM_RETRY_AFTER);
}

/** The host of a URL, for people. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "?";
}
