import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What came back; the body is not kept. */
export interface PostResponse {
  readonly status: number;
  /** As the header `Retry-After` has it: seconds or a date. */
  readonly retryAfter: string | undefined;
}

/** A whole exchange may take so long, ms. */
const TIMEOUT = 15_000;
/** Bytes of an answer that are read; the rest costs the connection. */
const MAXIMUM_ANSWER = 64 * 1_024;
/** Connections to one host. */
const CONNECTIONS = 16;

/** In words, and without addresses. */
const REASONS: Readonly<Record<string, string>> = Object.freeze({
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no name server answers",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection cut",
  EPIPE: "connection cut",
  EHOSTUNREACH: "no way there",
  ENETUNREACH: "no way there",
  ETIMEDOUT: "no answer",
});

/** Sends POSTs. Redirects are not followed: what is allowed is the address that was checked. */
export class HttpPoster {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #timeout: number;

  constructor({ lookup, timeout = TIMEOUT }: { lookup?: LookupFunction; timeout?: number } = {}) {
    const settings = { keepAlive: true, maxSockets: CONNECTIONS, ...(lookup ? { lookup } : {}) };
    this.#http = new HttpAgent(settings);
    this.#https = new HttpsAgent({ ...settings, minVersion: "TLSv1.2" });
    this.#timeout = timeout;
  }

  /** @throws {Error} when there is no answer; its message has no path, so no secret */
  post({ url, headers, body }: PostRequest): Promise<PostResponse> {
    return new Promise((resolve, reject) => {
      const isSecure = url.startsWith("https:");
      const options = {
        method: "POST",
        headers: { ...headers, "content-length": String(body.length) },
        signal: AbortSignal.timeout(this.#timeout),
      };
      const request = isSecure
        ? requestHttps(url, { ...options, agent: this.#https })
        : requestHttp(url, { ...options, agent: this.#http });
      request.on("error", (error) => reject(this.#describe(error)));
      request.on("response", (response) => {
        response.on("error", (error) => reject(this.#describe(error)));
        drain(response, () =>
          resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] }),
        );
      });
      request.end(body);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #describe(error: Error): Error {
    if (error.name === "AbortError" || error.name === "TimeoutError")
      return new Error(`no answer within ${this.#timeout / 1_000} s`);
    const causes = (error as AggregateError).errors as Error[] | undefined;
    const cause = causes?.[0] ?? error;
    return new Error(REASONS[(cause as NodeJS.ErrnoException).code ?? ""] ?? cause.message);
  }
}

function drain(response: IncomingMessage, done: () => void): void {
  let length = 0;
  response.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAXIMUM_ANSWER) return;
    done();
    response.destroy();
  });
  response.on("end", done);
}
