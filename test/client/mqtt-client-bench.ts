import MQTTClient, { type MQTTClientOptions } from "../../device/client/mqtt-client";
import type { MQTTError } from "../../device/mqtt/mqtt-error";
import { type BrokerOptions, ScriptedBroker } from "../support/scripted-broker";
import { clock } from "../support/timer";

export interface Message {
  topic: string | undefined;
  payload: string;
  QoS: number | undefined;
  retain: boolean | undefined;
  duplicate: boolean | undefined;
}

/** An MQTTClient at a scripted broker, with everything that its callbacks were told. */
export class Bench {
  readonly broker: ScriptedBroker;
  readonly client: MQTTClient;
  /** One line a callback: "control 2", "writable 5736", "error 103", "close". */
  readonly events: string[] = [];
  readonly errors: MQTTError[] = [];
  readonly messages: Message[] = [];

  constructor(options: Partial<MQTTClientOptions> = {}, broker: Partial<BrokerOptions> = {}) {
    this.broker = new ScriptedBroker({ clock, ...broker });
    const bench = this;
    let current: Message | undefined;
    this.client = new MQTTClient({
      host: "broker.local",
      id: "client-1",
      dns: this.broker.dns,
      socket: this.broker.socket,
      onReadable(count, { topic, QoS, retain, duplicate, more }) {
        current ??= { topic, payload: "", QoS, retain, duplicate };
        current.payload += String.fromArrayBuffer(this.read(count));
        if (more) return;
        bench.messages.push(current);
        current = undefined;
      },
      onControl: (opcode: number, _message) => {
        this.events.push(`control ${opcode}`);
      },
      onWritable: (count) => {
        this.events.push(`writable ${count}`);
      },
      onError: (error) => {
        this.events.push(`error ${error.code}`);
        this.errors.push(error);
      },
      onClose: () => {
        this.events.push("close");
      },
      ...options,
    });
  }

  /** Runs until CONNACK has been handled and acknowledgements are back. */
  connect(): this {
    clock.advance(20);
    return this;
  }
}

/** Text as the bytes that `write` takes. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
