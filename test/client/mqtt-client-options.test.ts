import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../device/client/mqtt-client";
import { INVALID_OPTION, INVALID_QOS, INVALID_TOPIC, MQTTError } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: Bench;

function connected(...options: ConstructorParameters<typeof Bench>): Bench {
  bench = new Bench(...options).connect();
  return bench;
}

afterEach(() => {
  bench?.client.close();
  bench?.broker.network.close();
  clock.advance(10);
  expect(clock.pending).toBe(0);
});

describe("options", () => {
  const invalid: [string, object, number][] = [
    ["no host", { host: "" }, INVALID_OPTION],
    ["a port of 0", { port: 0 }, INVALID_OPTION],
    ["a port of 65,536", { port: 65_536 }, INVALID_OPTION],
    ["dns without a class", { dns: {} }, INVALID_OPTION],
    ["socket without a class", { socket: undefined }, INVALID_OPTION],
    ["a negative keep-alive", { keepAlive: -1 }, INVALID_OPTION],
    ["a keep-alive over 65,535 s", { keepAlive: 65_536_000 }, INVALID_OPTION],
    ["a keep-alive that is no number", { keepAlive: "60" }, INVALID_OPTION],
    ["a connackTimeout of 0", { connackTimeout: 0 }, INVALID_OPTION],
    ["a format other than buffer", { format: "number" }, INVALID_OPTION],
    ["a callback that is no function", { onError: "oops" }, INVALID_OPTION],
    ["password without user (SDK defect: malformed CONNECT)", { password: "x" }, INVALID_OPTION],
    ["will without message (SDK defect: malformed CONNECT)", { will: { topic: "t" } }, INVALID_OPTION],
    ["will without topic", { will: { message: "m" } }, INVALID_OPTION],
    ["will with a wildcard topic", { will: { topic: "a/#", message: "m" } }, INVALID_TOPIC],
    ["will with QoS 3", { will: { topic: "t", message: "m", QoS: 3 } }, INVALID_QOS],
    ["an empty id with a kept session", { id: "", clean: false }, INVALID_OPTION],
    ["an id that is no string", { id: 5 }, INVALID_OPTION],
    ["buffers of 8 bytes", { bufferByteLength: 8 }, INVALID_OPTION],
  ];
  test.each(invalid)("%s throws before anything is allocated", (_name, options, code) => {
    const pending = clock.pending;
    expect(codeOf(() => new Bench(options))).toBe(code);
    expect(clock.pending).toBe(pending);
  });

  test("no options at all throw", () => {
    expect(codeOf(() => new MQTTClient(undefined as never))).toBe(INVALID_OPTION);
  });

  test("frozen options are taken, and null callbacks count as none", () => {
    connected(Object.freeze({ onReadable: null as never, onError: null as never }));
    expect(bench.events[0]).toBe("control 2");
  });

  test("target becomes a property, and callbacks have the client as this", () => {
    let seen: unknown;
    connected({
      target: 42,
      onWritable() {
        seen = this;
      },
    });
    expect(bench.client.target).toBe(42);
    expect(seen).toBe(bench.client);
    expect("target" in new Bench().client).toBe(false);
  });

  test("format is always buffer", () => {
    connected();
    expect(bench.client.format).toBe("buffer");
    bench.client.format = "buffer";
    expect(codeOf(() => (bench.client.format = "number" as "buffer"))).toBe(INVALID_OPTION);
  });

  test("the control packet types are statics", () => {
    expect([MQTTClient.CONNECT, MQTTClient.PUBLISH, MQTTClient.SUBACK, MQTTClient.DISCONNECT]).toEqual([
      1, 3, 9, 14,
    ]);
  });

  test("an MQTTError that a socket gives to its onError is what the application gets", () => {
    const { broker } = new Bench();
    const { io: TCP } = broker.socket as { io: new (options: object) => { close(): void } };
    class Telling extends TCP {
      constructor(options: { target: unknown; onError(this: object, error: MQTTError): void }) {
        super({
          ...options,
          onError: () => options.onError.call(options, new MQTTError(140, "no trust", 7)),
        });
      }
    }
    bench = new Bench({ dns: broker.dns, socket: { io: Telling } });
    broker.stop();
    clock.advance(20);
    expect(bench.errors).toMatchObject([{ code: 140, returnCode: 7 }]);
    broker.network.close();
  });

  test("a layered socket that calls its callbacks without this works, as the SDK's TLSSocket", () => {
    bench = new Bench();
    const { io: TCP } = bench.broker.socket as { io: new (options: object) => never };
    bench.client.close();
    class Layered {
      readonly #socket: { read(b: unknown): unknown; write(b: unknown): unknown; close(): void };
      constructor(
        options: Record<"onReadable" | "onWritable", (count: number) => void> & { onError(): void },
      ) {
        const { onReadable, onWritable, onError } = options;
        this.#socket = new TCP({
          ...options,
          onReadable: (count: number) => onReadable(count),
          onWritable: (count: number) => onWritable(count),
          onError: () => onError(),
        });
      }
      read(buffer: unknown): unknown {
        return this.#socket.read(buffer);
      }
      write(buffer: unknown): void {
        this.#socket.write(buffer);
      }
      close(): void {
        this.#socket.close();
      }
    }
    const { broker } = bench;
    const events: number[] = [];
    const client = new MQTTClient({
      host: "broker.local",
      dns: broker.dns,
      socket: { io: Layered, TCP: { io: TCP } },
      onControl: (opcode: number, _message) => void events.push(opcode),
    });
    clock.advance(20);
    // Its write returns nothing: then the client counts itself.
    const before = client.writable;
    expect(client.write(bytes("12345"), { topic: "t" })).toBe(before - 10);
    expect(events).toEqual([2]);
    client.close();
  });
});
