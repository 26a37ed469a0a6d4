import { createHash } from "node:crypto";
import * as v from "valibot";
import type { Clock } from "../../clock/clock";
import type { AlertEvent } from "./alert-event";
import type { AlertStore } from "./alert-store";
import { hostOf } from "./channel";
import { type EndpointPolicy, refuseEndpoint } from "./endpoint-guard";
import type { Subscription } from "./record";

/** A household's phones, browsers, and those that were thrown away and have not expired. */
export const MAXIMUM_SUBSCRIPTIONS = 100;

/** `PushSubscription.toJSON()`; keys as RFC 8291 has them: a point of P-256 and 16 bytes, base64url. */
const schema = v.object({
  endpoint: v.string("endpoint is not a text"),
  keys: v.object(
    {
      p256dh: v.pipe(
        v.string("keys.p256dh is not a text"),
        v.check((text) => isPoint(text), "keys.p256dh is not a public key of P-256"),
      ),
      auth: v.pipe(
        v.string("keys.auth is not a text"),
        v.check((text) => decode(text)?.length === 16, "keys.auth is not 16 bytes of base64url"),
      ),
    },
    "keys is not an object",
  ),
});

export interface SubscriptionsOptions {
  readonly store: Pick<AlertStore, "book" | "commit" | "durable">;
  readonly clock: Clock;
  readonly policy: EndpointPolicy;
  onEvent(event: AlertEvent): void;
}

/** A request that is refused; `message` is for the page and repeats no secret. */
export interface Refusal {
  readonly status: 400 | 409;
  readonly message: string;
}

/** The browsers that take push messages. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /**
   * Adds one, or renews its keys; resolves when it is on disk.
   * @param input - from a stranger
   * @param member - who is signed in, if that is known
   */
  async add(input: unknown, member: string | undefined): Promise<Subscription | Refusal> {
    const { store, clock, policy, onEvent } = this.#options;
    const parsed = v.safeParse(schema, input);
    if (!parsed.success) return { status: 400, message: messageOf(parsed.issues[0]) };
    const { endpoint, keys } = parsed.output;
    const refusal = refuseEndpoint(endpoint, policy);
    if (refusal) return { status: 400, message: refusal };
    const id = subscriptionId(endpoint);
    const known = store.book.subscriptions.get(id);
    if (!known && store.book.subscriptions.size >= MAXIMUM_SUBSCRIPTIONS)
      return { status: 409, message: `there are ${MAXIMUM_SUBSCRIPTIONS} subscriptions already` };
    const created = known?.created ?? clock.date();
    const subscription = { id, endpoint, keys, created, ...(member === undefined ? {} : { member }) };
    store.commit({ type: "subscribed", subscription });
    await store.durable();
    const to = hostOf(endpoint);
    if (!known)
      onEvent({
        event: "subscribed",
        time: clock.date(),
        to,
        ...(member === undefined ? {} : { member }),
      });
    return subscription;
  }

  /** Forgets one. What waits for it fails when its turn comes. */
  remove(id: string, reason: string): boolean {
    const { store, clock, onEvent } = this.#options;
    const subscription = store.book.subscriptions.get(id);
    if (!subscription) return false;
    store.commit({ type: "unsubscribed", id, reason });
    onEvent({ event: "unsubscribed", time: clock.date(), to: hostOf(subscription.endpoint), reason });
    return true;
  }

  /** @returns whether there was one with this endpoint */
  removeEndpoint(input: unknown): boolean {
    const endpoint = (input as { endpoint?: unknown } | null)?.endpoint;
    return typeof endpoint === "string" && this.remove(subscriptionId(endpoint), "unsubscribed");
  }
}

/** Says nothing about the endpoint. */
function subscriptionId(endpoint: string): string {
  return createHash("sha256").update(endpoint).digest("base64url").slice(0, 22);
}

function messageOf({ message, path, input }: v.BaseIssue<unknown>): string {
  if (!path) return "it is not a push subscription";
  return input === undefined ? `${path.map(({ key }) => String(key)).join(".")} is missing` : message;
}

function isPoint(text: string): boolean {
  const bytes = decode(text);
  return bytes?.length === 65 && bytes[0] === 4;
}

function decode(text: string): Buffer | undefined {
  return /^[A-Za-z0-9_-]{1,200}={0,2}$/.test(text) ? Buffer.from(text, "base64url") : undefined;
}
