import MQTTClient, {
  type MQTTClientOptions,
  type ReadableOptions,
  type WriteOptions,
} from "../../device/client/mqtt-client";
import { CONNACK, DISCONNECT, PINGREQ, SUBSCRIBE, UNSUBSCRIBE } from "../../device/mqtt/control-packet";
import {
  BUFFER_FULL,
  IN_FLIGHT_FULL,
  INVALID_STATE,
  MQTTError,
  NO_PACKET_IDENTIFIER,
  NOT_CONNECTED,
  PACKET_TOO_LARGE,
} from "../../device/mqtt/mqtt-error";
import { NOT_SUPPORTED } from "../../device/mqtt/version-5/mqtt-error";
import { uncounted } from "./allocation";
import type { Message } from "./expectation";
import { assert } from "./fuzz-property";
import type { Simulation } from "./simulation";

/** What `write` and `read` may throw at a program that calls them at any time. */
const THROWN: readonly number[] = [
  BUFFER_FULL,
  IN_FLIGHT_FULL,
  NO_PACKET_IDENTIFIER,
  NOT_CONNECTED,
  INVALID_STATE,
  // In 5.0: what the server's CONNACK forbids.
  NOT_SUPPORTED,
  PACKET_TOO_LARGE,
];

/** A program that acts at random in its callbacks: each takes the next number of its script. When that is over it only reads. */
export class ClientApplication {
  readonly client: MQTTClient;
  /** As far as they were read. */
  readonly messages: Message[] = [];
  /** Messages that were skipped. */
  readonly skips: MQTTError[] = [];
  /** What ended the connection. */
  error: MQTTError | undefined;
  /** Bytes that the program itself made the client allocate, at most. */
  asked = 0;
  /** The largest of them. */
  largestAsked = 0;
  /** What a callback found wrong; thrown by `finish`, as nothing thrown in a callback could be told from the client's own. */
  failure: unknown;
  closed = false;
  ended = false;
  /** Something was done that changes what is received. */
  disturbed = false;

  readonly #simulation: Simulation;
  readonly #script: readonly number[];
  #step = 0;
  /** Bytes of the current message announced and not read. */
  #unread = 0;

  constructor(
    simulation: Simulation,
    script: readonly number[],
    options: Partial<MQTTClientOptions>,
    readable: boolean,
  ) {
    this.#simulation = simulation;
    this.#script = script;
    const application = this;
    const callbacks: Partial<MQTTClientOptions> = {
      onControl: (operation: number, _message: unknown) => this.#call(() => this.#act(operation === CONNACK)),
      onWritable: () => this.#call(() => this.#act(true)),
      onError: (error) => this.#call(() => this.#onError(error)),
      onClose: () => this.#call(() => this.#onClose()),
      onAuthenticate: () => {
        let answer: Uint8Array | undefined;
        this.#call(() => {
          const action = this.#next();
          this.#perform(action);
          answer = action & 1 ? Uint8Array.of(action) : undefined;
        });
        return answer;
      },
    };
    if (readable)
      callbacks.onReadable = function (count, options) {
        application.#call(() => {
          assert(this === application.client, "onReadable has another this");
          application.#onReadable(count, options);
        });
      };
    const { dns, socket } = simulation;
    this.client = simulation.run(
      () => new MQTTClient({ host: "broker.local", id: "fuzz", dns, socket, ...callbacks, ...options }),
    );
  }

  /** Ends the connection. @throws what went wrong */
  finish(): void {
    this.#close();
    this.#close();
    if (this.failure) throw this.failure;
    assert(this.#simulation.openSockets === 0, "the socket is not closed");
  }

  #call(callback: () => void): void {
    uncounted(() => {
      try {
        assert(!this.closed, "a callback after close");
        assert(!this.ended, "a callback after onClose");
        callback();
      } catch (error) {
        this.failure ??= error;
      }
    });
  }

  #next(): number {
    return this.#script[this.#step++] ?? 0;
  }

  /** Calls the client, which may throw what is documented and nothing else. @returns whether it did not */
  #use(call: () => unknown): boolean {
    try {
      this.#simulation.run(call);
      return true;
    } catch (error) {
      if (!(error instanceof MQTTError && THROWN.includes(error.code))) throw error;
      return false;
    }
  }

  #onError(error: MQTTError): void {
    assert(error instanceof MQTTError && error.message !== "", `error ${error}`);
    assert(this.error === undefined, "an error after the one that ends the connection");
    if (this.client.ended) {
      this.error = error;
      assert(this.#simulation.openSockets === 0, "the socket is open although the connection is over");
    } else {
      assert(error.code === PACKET_TOO_LARGE, `the connection goes on after error ${error.code}`);
      this.skips.push(error);
    }
    this.#act(false);
  }

  #onClose(): void {
    this.ended = true;
    assert(this.#simulation.openSockets === 0, "the socket is open in onClose");
    if (this.#next() & 1) this.#close();
  }

  #onReadable(count: number, options: ReadableOptions): void {
    const { topic, QoS = 0, retain = false, duplicate = false, byteLength } = options;
    assert(this.error === undefined, "onReadable after the error that ends the connection");
    assert(this.#unread === 0, "bytes are announced before the last ones are read");
    if (topic !== undefined) {
      this.messages.push({ topic, QoS, retain, duplicate, packetIdentifier: 0, payload: [] });
      assert(byteLength !== undefined && byteLength >= count, `${count} of ${byteLength} bytes`);
    }
    assert(this.messages.length > 0, "a message without its topic");
    this.#unread = count;
    this.#read(this.#next(), count);
  }

  #read(action: number, count: number): void {
    switch (action) {
      case 1:
        this.#take(() => this.client.read());
        break;
      case 2:
        this.#take(() => this.client.read(count));
        break;
      case 3: // What there is and no more, whatever is asked for.
        this.#take(() => this.client.read(count + 1000));
        break;
      case 4:
        this.#readInto(count >> 1);
        this.#later(0, () => this.#readInto(count));
        break;
      case 5:
        this.#later(7, () => this.#readInto(count));
        break;
      case 6:
        for (let index = 0; index < count && !this.closed; index++) this.#readInto(1);
        break;
      case 12:
        this.#readInto(count >> 1);
        this.#close();
        break;
      default:
        this.#perform(action);
        this.#readInto(count + 1);
        break;
    }
  }

  #readInto(byteLength: number): void {
    const target = new Uint8Array(byteLength).fill(0xa5);
    this.#take(() => {
      const count = this.client.read(target);
      return count === undefined ? undefined : target.subarray(0, count);
    });
  }

  #take(read: () => ArrayBuffer | Uint8Array | undefined): void {
    this.#ask(this.#unread);
    this.#use(() => {
      const found = read();
      uncounted(() => this.#taken(found));
    });
  }

  #taken(found: ArrayBuffer | Uint8Array | undefined): void {
    if (!found) return;
    assert(
      found.byteLength <= this.#unread,
      `read ${found.byteLength} bytes where ${this.#unread} are announced`,
    );
    this.#unread -= found.byteLength;
    this.messages.at(-1)?.payload.push(...new Uint8Array(found));
  }

  #ask(byteLength: number): void {
    this.asked += byteLength;
    this.largestAsked = Math.max(this.largestAsked, byteLength);
  }

  /** In a callback that brings nothing to read. */
  #act(mayPublish: boolean): void {
    const action = this.#next();
    if (mayPublish || action > 9) this.#perform(action);
  }

  #perform(action: number): void {
    switch (action) {
      case 7:
      case 8:
      case 9:
        this.#write(new Uint8Array(9), { topic: "fuzz/out", QoS: action - 7 });
        break;
      case 10:
        this.#write(undefined, { operation: SUBSCRIBE, items: [{ topic: "fuzz/#", QoS: 1 }] });
        break;
      case 11:
        this.#close();
        break;
      case 13:
        this.disturbed = true;
        this.#write(undefined, { operation: DISCONNECT });
        break;
      case 14:
        this.#beginFragments();
        break;
      case 15:
        this.#write(undefined, { operation: UNSUBSCRIBE, items: [{ topic: "fuzz/#" }] });
        break;
      case 16:
        this.#write(undefined, { operation: PINGREQ });
        break;
      case 17:
        this.#later(3, () => this.#close());
        break;
      default:
    }
  }

  #write(data: Uint8Array | undefined, options: WriteOptions | undefined): boolean {
    this.#ask(64);
    return this.#use(() => this.client.write(data, options));
  }

  /** A PUBLISH in two fragments, with other things between them. */
  #beginFragments(): void {
    if (!this.#write(new Uint8Array(5), { topic: "fuzz/fragments", QoS: 1, byteLength: 12 })) return;
    this.#later(5, () => this.#endFragments());
  }

  /** Until the socket takes it, or is gone. */
  #endFragments(): void {
    if (!this.ended && this.client.writable < 7) this.#later(5000, () => this.#endFragments());
    else this.#write(new Uint8Array(7), undefined);
  }

  #later(delay: number, run: () => void): void {
    this.#simulation.later(delay, () => {
      if (this.closed || this.failure) return;
      try {
        run();
      } catch (error) {
        this.failure ??= error;
      }
    });
  }

  #close(): void {
    this.closed = true;
    this.#simulation.run(() => this.client.close());
    assert(this.#simulation.openSockets === 0, "the socket is open after close");
  }
}
