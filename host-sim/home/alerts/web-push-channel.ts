import webPush from "web-push";
import { type Channel, hostOf, judgeStatus, type Outcome, type Sending } from "./channel";
import { type EndpointPolicy, refuseEndpoint } from "./endpoint-guard";
import type { HttpPoster } from "./http-post";
import type { Subscription } from "./record";
import type { VapidKeys } from "./vapid-keys";

/** A signed header serves for so long, ms, and is valid for twice that: at most 24 h (RFC 8292 section 2). */
const SIGNATURE_LIFETIME = 6 * 3_600_000;

/** The headers that say who sends, one for each push service. */
export class VapidSigner {
  readonly #keys: VapidKeys;
  readonly #contact: string;
  readonly #signed = new Map<string, { readonly authorization: string; readonly time: number }>();

  /** @param contact - a `mailto:` or `https:` URL, for the push service's people */
  constructor(keys: VapidKeys, contact: string) {
    this.#keys = keys;
    this.#contact = contact;
  }

  /** @param now - ms since 1970 */
  authorization(endpoint: string, now: number): string {
    const { origin } = new URL(endpoint);
    const known = this.#signed.get(origin);
    if (known && Math.abs(now - known.time) < SIGNATURE_LIFETIME) return known.authorization;
    const expiration = Math.floor((now + 2 * SIGNATURE_LIFETIME) / 1_000);
    const { publicKey, privateKey } = this.#keys;
    const { Authorization: authorization } = webPush.getVapidHeaders(
      origin,
      this.#contact,
      publicKey,
      privateKey,
      "aes128gcm",
      expiration,
    );
    this.#signed.set(origin, { authorization, time: now });
    return authorization;
  }
}

export interface WebPushChannelOptions {
  readonly subscription: Subscription;
  readonly signer: VapidSigner;
  readonly poster: HttpPoster;
  readonly policy: EndpointPolicy;
}

/**
 * One browser, told by Web Push (RFC 8030, 8188, 8291, 8292). The alert's id is the message's Topic and the notification's tag: the same
 * alert again replaces the one that waits at the push service, or on the screen.
 */
export class WebPushChannel implements Channel {
  readonly name: string;
  readonly #options: WebPushChannelOptions;

  constructor(options: WebPushChannelOptions) {
    this.#options = options;
    this.name = hostOf(options.subscription.endpoint);
  }

  async send(sending: Sending): Promise<Outcome> {
    const { subscription, poster, policy } = this.#options;
    const refusal = refuseEndpoint(subscription.endpoint, policy);
    if (refusal) return { result: "failed", reason: refusal };
    let request: webPush.RequestDetails & { body: Buffer };
    try {
      request = this.#encrypt(sending);
    } catch {
      // web-push's message could repeat a key.
      return { result: "gone", reason: "the subscription's keys cannot be used" };
    }
    try {
      const { status, retryAfter } = await poster.post({
        url: subscription.endpoint,
        headers: stringHeaders(request.headers),
        body: request.body,
      });
      if (status === 404 || status === 410) return { result: "gone", reason: `expired: HTTP ${status}` };
      return judgeStatus(status, retryAfter, sending.now);
    } catch (error) {
      return { result: "retry", reason: (error as Error).message };
    }
  }

  #encrypt({ alert, attempt, timeToLive, now }: Sending): webPush.RequestDetails & { body: Buffer } {
    const { endpoint, keys } = this.#options.subscription;
    const { id, kind, device, title, text, time, sequence } = alert;
    const payload = {
      id,
      kind,
      device,
      title,
      body: text,
      tag: id,
      time,
      attempt,
      ...(sequence === undefined ? {} : { sequence }),
    };
    return webPush.generateRequestDetails({ endpoint, keys }, JSON.stringify(payload), {
      TTL: Math.ceil(timeToLive / 1_000),
      urgency: "high",
      topic: id,
      contentEncoding: "aes128gcm",
      headers: { Authorization: this.#options.signer.authorization(endpoint, now) },
    });
  }
}

function stringHeaders(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
