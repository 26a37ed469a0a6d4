/*
 * Compiled, not run: `npx tsc -p test/types/tsconfig.json`. Proves that our MQTTClient can stand wherever a program expects the
 * default export of `embedded:network/mqtt/client` as @moddable/typings describes it.
 */

import type * as Standard from "embedded:network/mqtt/client";
import type StandardMQTTClient from "embedded:network/mqtt/client";
import MQTTClient, { type ControlMessage, type MQTTClientOptions } from "../../device/client/mqtt-client";

type StandardClass = typeof StandardMQTTClient;

/** The class: its constructor, its instances, its statics. */
export const asStandard: StandardClass = MQTTClient;

/** Each option is accepted in every form that the typings allow, callbacks included; checked without method bivariance. */
type Parameter<T> = (value: T) => void;
export const optionsAreAccepted: Parameter<Standard.Options> = ((
  _options: MQTTClientOptions,
) => {}) satisfies Parameter<Standard.Options>;
export const writeIsAccepted: Parameter<Parameters<StandardMQTTClient["write"]>> = ((
  _parameters: Parameters<MQTTClient["write"]>,
) => {}) satisfies Parameter<Parameters<StandardMQTTClient["write"]>>;

/** A program written against the typings. */
export function program(Client: StandardClass, shared: Record<string, unknown>): StandardMQTTClient {
  const client = new Client({
    host: "broker.local",
    port: 1883,
    user: "me",
    password: "secret",
    id: "client-1",
    clean: true,
    will: { topic: "home/status", message: "offline", QoS: 1, retain: true },
    keepAlive: 60_000,
    dns: shared,
    socket: shared,
    onReadable(count, options) {
      const data: ArrayBuffer = client.read(count);
      if (!options.more && options.topic) trace(options.topic, data.byteLength);
    },
    onWritable(count) {
      trace(count);
    },
    onControl(opcode, message) {
      if (opcode === Client.SUBACK && message.payload) trace(message.id, message.payload.byteLength);
    },
    onClose() {},
    onError(error) {
      trace(error);
    },
  });
  const free: number = client.write(ArrayBuffer.fromString("21.5"), {
    topic: "home/temp",
    QoS: 1,
    retain: true,
  });
  trace(free);
  client.close();
  return client;
}
program(MQTTClient, {});

/** The same program with the class named directly, so that the callbacks take their types from ours. */
export function directly(shared: Record<string, unknown>): void {
  const client = new MQTTClient({
    host: "broker.local",
    dns: shared,
    socket: shared,
    will: { topic: "home/status" } as Standard.Will,
    onReadable(count, options) {
      const data: ArrayBuffer = this.read(count);
      trace(data.byteLength, options.byteLength ?? 0, options.QoS ?? 0);
    },
    onControl(opcode, message) {
      const one: 1 = MQTTClient.CONNECT;
      trace(opcode, message.id, message.operation, one);
    },
    onError(error) {
      trace(error.code);
    },
  });
  const data = new Uint8Array(1);
  client.write(data, { topic: "t", byteLength: 4, duplicate: false, id: 5, operation: MQTTClient.PUBLISH });
  client.write(data, { topic: "t", items: [{ topic: "a", QoS: 1 }], operation: MQTTClient.SUBSCRIBE });
}

/** What ours takes beyond the typings: the SDK's own spelling of onControl, control packets without data and topic, fragments. */
export function beyond(shared: Record<string, unknown>): void {
  const client = new MQTTClient({
    host: "broker.local",
    dns: shared,
    socket: shared,
    onControl(message: ControlMessage) {
      if (message.operation === MQTTClient.CONNACK && message.sessionPresent) trace(message.returnCode ?? 0);
    },
  });
  client.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: "a/#" }] });
  client.write(ArrayBuffer.fromString("SM"), { topic: "foo", byteLength: 5 });
  client.write(ArrayBuffer.fromString("ALL"));
  const count: number | undefined = client.read(new Uint8Array(4));
  const all: ArrayBuffer | undefined = client.read();
  trace(count ?? 0, all?.byteLength ?? 0);
  // @ts-expect-error a string is no Byte Buffer
  client.write("text", { topic: "t" });
  // @ts-expect-error the types of control packets are read-only
  MQTTClient.CONNECT = 1;
}
