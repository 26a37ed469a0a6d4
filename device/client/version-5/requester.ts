import Timer from "timer";
import { CLIENT_CLOSED, type MQTTError, mqttError } from "../../mqtt/mqtt-error";
import { RESPONSE_TIMEOUT } from "../../mqtt/version-5/mqtt-error";
import { CORRELATION_DATA, RESPONSE_TOPIC } from "../../mqtt/version-5/property";
import type { ReceivedProperties } from "../../mqtt/version-5/property-reader";
import type { PublishProperties } from "../../mqtt/version-5/property-writer";
import { numberIn } from "../connection/connect-options";
import { DEADLINE } from "../delivery";
import type ReliableClient from "../reliable-client";
import type { PublishOptions, QoS } from "../reliable-client-options";

const MAXIMUM_TIME = 0x7fff_ffff;
const CORRELATION_BYTE_LENGTH = 4;

type Callback = (
  this: ReliableClient,
  error: MQTTError | undefined,
  payload: Uint8Array | undefined,
  properties: ReceivedProperties | undefined,
) => void;

interface Request {
  readonly number: number;
  readonly onResponse: Callback;
  readonly timer: Timer;
}

export interface RequesterOptions {
  client: ReliableClient;
  /** Topic Name where the answers come, this client's alone: `home/phone-1/answers`. */
  responseTopic: string;
  /** Of requests and answers; default 1. */
  QoS?: QoS;
  /** Requests that may wait for an answer at a time; default 8. */
  limit?: number;
  /** Time for an answer, ms; default 10,000. */
  timeout?: number;
  /** Where the numbers of requests begin, so that no late answer to an earlier run is taken for a new one; default `Math.random`. */
  random?: () => number;
}

/**
 * Requests and their answers over MQTT 5.0 (section 4.10): a request is a message with Response Topic and Correlation Data, its
 * answer a message to that topic with the same data.
 *
 * ```ts
 * const requester = new Requester({ client, responseTopic: "home/phone-1/answers" });
 * requester.request("home/light/get", "", (error, payload) => { ... });
 * // in onMessage(topic, payload, QoS, retain, properties) of the client:
 * if (requester.receive(topic, payload, properties)) return;
 * ```
 */
export class Requester {
  /** @internal */ readonly client: ReliableClient;
  /** @internal */ readonly responseTopic: string;
  /** @internal */ readonly QoS: QoS;
  /** @internal */ readonly limit: number;
  /** @internal */ readonly timeout: number;
  /** @internal */ readonly requests: Request[];
  /** @internal of the last request, 32 bits */ number: number;

  /** Subscribes to the Response Topic. @throws {MQTTError} INVALID_TOPIC, INVALID_OPTION */
  constructor(options: RequesterOptions) {
    const { client, responseTopic, QoS = 1, limit = 8, timeout = 10_000, random = Math.random } = options;
    this.client = client;
    this.responseTopic = responseTopic;
    this.QoS = QoS;
    this.limit = numberIn(limit, 1, 65_535, "limit");
    this.timeout = numberIn(timeout, 1, MAXIMUM_TIME, "timeout");
    this.requests = [];
    this.number = Math.floor(random() * 0x1_0000_0000) >>> 0;
    client.subscribe(responseTopic, QoS);
  }

  /** Requests that wait for an answer. */
  get waiting(): number {
    return this.requests.length;
  }

  /**
   * Sends a request.
   * @param onResponse - called once, with the payload and properties of the answer, valid during the call; or with an error, of code
   * RESPONSE_TIMEOUT when none came in time, CLIENT_CLOSED after `close`
   * @returns false when too many wait already, or the client does not speak MQTT 5.0 with its broker
   * @throws {MQTTError} what `publish` throws
   */
  request(
    topic: string,
    payload: string | ArrayBuffer | Uint8Array,
    onResponse: Callback,
    properties?: PublishProperties,
  ): boolean {
    const { client, requests, responseTopic, QoS, timeout } = this;
    if (requests.length >= this.limit || client.version !== 5) return false;
    const number = (this.number + 1) >>> 0;
    const correlationData = Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
    client.publish(topic, payload, {
      QoS,
      delivery: DEADLINE,
      deadline: timeout,
      properties: { ...properties, responseTopic, correlationData },
    });
    this.number = number;
    requests.push({ number, onResponse, timer: Timer.set(() => expire(this, number), timeout) });
    return true;
  }

  /**
   * Takes an answer out of the messages that arrive.
   * @returns whether the message was for the Response Topic; also when nobody waits for it any longer
   */
  receive(topic: string, payload: Uint8Array, properties: ReceivedProperties | undefined): boolean {
    if (topic !== this.responseTopic) return false;
    const data = properties?.get(CORRELATION_DATA);
    if (data?.length !== CORRELATION_BYTE_LENGTH) return true;
    const number = ((data[0]! << 24) | (data[1]! << 16) | (data[2]! << 8) | data[3]!) >>> 0;
    take(this, number)?.onResponse.call(this.client, undefined, payload, properties);
    return true;
  }

  /** Ends the subscription; requests that wait end with CLIENT_CLOSED. Call it before the client's `close`. */
  close(): void {
    const { client, requests, responseTopic } = this;
    client.unsubscribe(responseTopic);
    while (requests.length > 0) {
      const { number } = requests[0]!;
      const error = mqttError(CLIENT_CLOSED, "the requester was closed");
      take(this, number)!.onResponse.call(client, error, undefined, undefined);
    }
  }
}

/** Removes a request from those that wait. */
function take(requester: Requester, number: number): Request | undefined {
  const { requests } = requester;
  const index = requests.findIndex((request) => request.number === number);
  if (index < 0) return undefined;
  const request = requests[index]!;
  requests.splice(index, 1);
  Timer.clear(request.timer);
  return request;
}

function expire(requester: Requester, number: number): void {
  const { client, timeout } = requester;
  const error = mqttError(RESPONSE_TIMEOUT, `no answer in ${timeout} ms`);
  take(requester, number)!.onResponse.call(client, error, undefined, undefined);
}

/**
 * Answers a request, from inside `onMessage`.
 * @param properties - of the request
 * @returns false when it wants no answer: it has no Response Topic
 * @throws {MQTTError} what `publish` throws
 */
export function respond(
  client: ReliableClient,
  properties: ReceivedProperties | undefined,
  payload: string | ArrayBuffer | Uint8Array,
  options?: PublishOptions,
): boolean {
  const responseTopic = properties?.get(RESPONSE_TOPIC);
  if (responseTopic === undefined) return false;
  const correlationData = properties!.get(CORRELATION_DATA);
  const given = options?.properties as PublishProperties | undefined;
  client.publish(responseTopic, payload, { ...options, properties: { ...given, correlationData } });
  return true;
}
