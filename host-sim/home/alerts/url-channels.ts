import { createHmac } from "node:crypto";
import { type Channel, hostOf, judgeStatus, type Outcome, type Sending } from "./channel";
import type { HttpPoster, PostRequest } from "./http-post";
import type { Rules } from "./rules";

/** An address from the rules file: its owner chose it, so it may be in the home's own network. */
class UrlChannel implements Channel {
  readonly name: string;
  readonly #poster: HttpPoster;
  readonly #request: (sending: Sending) => PostRequest;

  constructor(name: string, poster: HttpPoster, request: (sending: Sending) => PostRequest) {
    this.name = name;
    this.#poster = poster;
    this.#request = request;
  }

  async send(sending: Sending): Promise<Outcome> {
    try {
      const { status, retryAfter } = await this.#poster.post(this.#request(sending));
      return judgeStatus(status, retryAfter, sending.now);
    } catch (error) {
      return { result: "retry", reason: (error as Error).message };
    }
  }
}

/**
 * An ntfy topic (https://docs.ntfy.sh/publish/). `X-Sequence-ID`: ntfy from 2.16 shows a message with the same one in place of the first;
 * earlier ones ignore it.
 */
export function ntfyChannel({ url, token }: NonNullable<Rules["ntfy"]>, poster: HttpPoster): Channel {
  return new UrlChannel(`ntfy at ${hostOf(url)}`, poster, ({ alert }) => ({
    url,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      title: encodeHeader(alert.title),
      priority: alert.kind === "motion" ? "high" : "default",
      "x-sequence-id": alert.id,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: Buffer.from(alert.text),
  }));
}

/**
 * Takes the alert as JSON. `Idempotency-Key` is its id: a receiver that has seen it has seen the alert. With a secret,
 * `X-Thimble-Signature: sha256=` and the HMAC-SHA-256, hexadecimal, of `X-Thimble-Timestamp`, a full stop, and the body.
 */
export function webhookChannel({ url, secret }: NonNullable<Rules["webhook"]>, poster: HttpPoster): Channel {
  return new UrlChannel(`webhook at ${hostOf(url)}`, poster, ({ alert, attempt, now }) => {
    const { id, kind, device, title, text, time, sequence } = alert;
    const body = JSON.stringify({ id, kind, device, title, body: text, time, sequence, attempt });
    const timestamp = String(Math.floor(now / 1_000));
    return {
      url,
      headers: {
        "content-type": "application/json",
        "idempotency-key": id,
        "x-thimble-timestamp": timestamp,
        ...(secret === undefined ? {} : { "x-thimble-signature": `sha256=${sign(secret, timestamp, body)}` }),
      },
      body: Buffer.from(body),
    };
  });
}

function sign(secret: string, timestamp: string, body: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
}

/** Headers are ASCII; ntfy reads RFC 2047 for the rest. */
function encodeHeader(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
}
