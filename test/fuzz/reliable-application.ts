import { DEADLINE, LATEST, MUST } from "../../device/client/delivery";
import ReliableClient, { type ReliableClientOptions } from "../../device/client/reliable-client";
import { MQTTError } from "../../device/mqtt/mqtt-error";
import { uncounted } from "./allocation";
import { assert } from "./fuzz-property";
import type { Simulation } from "./simulation";

/** To AUTH. */
const ANSWER: Uint8Array = Uint8Array.of(1);

export interface ReceivedMessage {
  readonly topic: string;
  readonly payload: readonly number[];
  readonly QoS: number;
  readonly retain: boolean;
}

/** A program that acts at random in its callbacks: each takes the next number of its script. When that is over it only listens. */
export class ReliableApplication {
  readonly client: ReliableClient;
  readonly messages: ReceivedMessage[] = [];
  readonly errors: MQTTError[] = [];
  /** Bytes that the program itself made the client allocate, at most. */
  asked = 0;
  closed = false;

  readonly #simulation: Simulation;
  readonly #script: readonly number[];
  #step = 0;
  /** Messages that were accepted, */
  readonly #tokens = new Set<number>();
  /** and those of which was said what became of them. */
  readonly #settled = new Set<number>();
  #streams = 0;
  #flush = 0;
  /** Inside `close`, which reports what is dropped. */
  #closing = false;
  #failure: unknown;

  constructor(simulation: Simulation, script: readonly number[], options: Partial<ReliableClientOptions>) {
    this.#simulation = simulation;
    this.#script = script;
    const { dns, socket } = simulation;
    const callbacks: Partial<ReliableClientOptions> = {
      onConnect: () => this.#call(() => this.#act()),
      onDisconnect: (error) => this.#call(() => this.#lost(error)),
      onMessage: (topic, payload, QoS, retain) =>
        this.#call(() => {
          this.messages.push({ topic, payload: [...payload], QoS, retain });
          this.#act();
        }),
      onDelivered: (token) => this.#call(() => this.#settle(token)),
      onDropped: (token, _topic, reason) =>
        this.#call(() => {
          assert(reason instanceof MQTTError, `dropped for ${reason}`);
          this.#settle(token);
        }),
      onError: (error) => this.#call(() => this.#lost(error)),
      onAuthenticate: (data) => {
        this.#call(() => this.#act());
        return data && data.length > 1 ? undefined : ANSWER;
      },
    };
    this.client = simulation.run(
      () =>
        new ReliableClient({
          host: "broker.local",
          id: "fuzz",
          dns,
          socket,
          random: () => 0.5,
          ...callbacks,
          ...options,
        }),
    );
    // Some messages before there is a connection.
    for (let index = 0; index < 2 && !this.closed; index++) this.#act();
  }

  /** Ends the client. @throws what went wrong */
  finish(): void {
    this.#close();
    this.#close();
    if (this.#failure) throw this.#failure;
    assert(this.#simulation.openSockets === 0, "the socket is not closed");
    assert(this.client.waiting === 0, `${this.client.waiting} messages wait after close`);
    for (const token of this.#tokens)
      assert(this.#settled.has(token), `nothing was said of message ${token}`);
    assert(this.#settled.size === this.#tokens.size, "something was said of messages that were not accepted");
  }

  #call(callback: () => void): void {
    uncounted(() => {
      try {
        assert(!this.closed || this.#closing, "a callback after close");
        callback();
      } catch (error) {
        this.#failure ??= error;
      }
    });
  }

  #settle(token: number): void {
    assert(!this.#settled.has(token), `message ${token} is reported twice`);
    this.#settled.add(token);
    this.#act();
  }

  #lost(error: MQTTError | undefined): void {
    assert(error instanceof MQTTError && error.message !== "", `error ${error}`);
    this.errors.push(error);
    this.#act();
  }

  #act(): void {
    if (this.closed) return;
    const action = this.#script[this.#step++] ?? 0;
    this.asked += 200;
    switch (action) {
      case 1:
      case 2:
      case 3:
        this.#publish(5, action - 1, LATEST);
        break;
      case 4:
      case 5:
      case 6:
        this.#publish(30, action - 4, MUST);
        break;
      case 7:
      case 8:
        this.#publish(8, action - 7, DEADLINE);
        break;
      case 9:
        this.#publish(1200, 1, MUST);
        break;
      case 10:
      case 11:
        this.#use(() => this.client.subscribe(`fuzz/${action}/+`, action === 10 ? 2 : 0));
        break;
      case 12:
        this.#use(() => this.client.unsubscribe("fuzz/10/+"));
        break;
      case 13:
      case 14:
        this.#stream(action - 13);
        break;
      case 15:
        this.#beginFlush();
        break;
      case 16:
        this.#close();
        break;
      default:
    }
  }

  #publish(byteLength: number, QoS: number, delivery: 0 | 1 | 2): void {
    const options = { QoS: QoS as 0 | 1 | 2, delivery, ...(delivery === DEADLINE ? { deadline: 300 } : {}) };
    const payload = new Uint8Array(byteLength);
    this.#use(() => {
      const token = this.client.publish(`fuzz/${QoS}`, payload, options);
      // What its callbacks did may have closed the client meanwhile, and then the token is accounted for as any other.
      uncounted(() => {
        assert(!this.#tokens.has(token), `token ${token} is given twice`);
        this.#tokens.add(token);
      });
    });
  }

  #stream(QoS: number): void {
    const payload = new Uint8Array(2500);
    this.#use(() => {
      let calls = 0;
      const begun = this.client.stream("fuzz/stream", payload, {
        QoS: QoS as 0 | 1,
        onComplete: () =>
          this.#call(() => {
            calls += 1;
            assert(calls === 1, "a stream completes twice");
            this.#streams -= 1;
            this.#act();
          }),
      });
      if (begun) this.#streams += 1;
      assert(this.#streams <= 1 || this.closed, "two streams at a time");
    });
  }

  #beginFlush(): void {
    const number = ++this.#flush;
    this.#use(() =>
      this.client.flush(500, (unsentCount) =>
        this.#call(() => {
          assert(number === this.#flush, "flush calls back twice, or for a call that was replaced");
          this.#flush += 1;
          assert(unsentCount >= 0, `${unsentCount} messages unsent`);
          this.#act();
        }),
      ),
    );
  }

  /** The methods may throw for a wrong call only, and these are right. */
  #use(call: () => void): void {
    this.#simulation.run(call);
  }

  #close(): void {
    const outer = this.#closing;
    this.#closing = !this.closed || outer;
    this.closed = true;
    this.#simulation.run(() => this.client.close());
    this.#closing = outer;
    assert(this.#simulation.openSockets === 0, "the socket is open after close");
  }
}
