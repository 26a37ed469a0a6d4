import { afterEach, expect, test } from "vitest";
import { DEADLINE, MUST } from "../../device/client/delivery";
import { INVALID_OPTION, INVALID_QOS, INVALID_STATE, INVALID_TOPIC } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { bytes } from "./mqtt-client-bench";
import { ReliableBench } from "./reliable-client-bench";

let bench: ReliableBench | undefined;

function made(...options: ConstructorParameters<typeof ReliableBench>): ReliableBench {
  bench = new ReliableBench(...options);
  return bench;
}

afterEach(() => {
  if (!bench) return;
  bench.end();
  bench = undefined;
  expect(clock.pending).toBe(0);
});

test("a prepared publisher sends at once, and reports each token a turn later", () => {
  const { client, broker, delivered } = made().connect();
  const publisher = client.prepare({ topic: "home/temp", retain: true, payloadByteLength: 4 });
  const tokens = [publisher.write(bytes("21.5")), publisher.write(bytes("21.6"))];
  expect(client.waiting).toBe(0);
  expect(delivered).toEqual([]);
  clock.advance(10);
  expect(delivered).toEqual(tokens);
  expect(bench!.sent()).toEqual(["publish home/temp 21.5", "publish home/temp 21.6"]);
  expect(broker.connection.all("publish").map(({ retain }) => retain)).toEqual([true, true]);
  expect(broker.connection.peer.writes.length).toBe(3);
});

test("what is prepared waits through an outage as its delivery class says, and keeps its place", () => {
  const { client } = made().connect();
  const latest = client.prepare({ topic: "state", payloadByteLength: 1 });
  const must = client.prepare({ topic: "event", delivery: MUST, payloadByteLength: 1 });
  bench!.cut();
  for (const payload of ["1", "2"]) {
    latest.write(bytes(payload));
    must.write(bytes(payload));
  }
  bench!.reconnect();
  expect(bench!.sent()).toEqual(["publish event 1", "publish state 2", "publish event 2"]);
});

test("a prepared message does not overtake one that waits for the socket", () => {
  const { client } = made({}, { sendBufferByteLength: 60 }).connect();
  const publisher = client.prepare({ topic: "t", payloadByteLength: 1 });
  client.publish("t", "x".repeat(40));
  client.publish("t", "y".repeat(40));
  expect(client.waiting).toBe(1);
  publisher.write(bytes("z"));
  expect(client.waiting).toBe(2);
  clock.advance(50);
  expect(bench!.sent().map((line) => line.slice(0, 12))).toEqual([
    "publish t 40",
    "publish t 40",
    "publish t z",
  ]);
});

test("QoS 1 is kept until it is acknowledged, also when prepared", () => {
  const { client, broker, delivered } = made().connect();
  broker.unanswered.add("publish");
  const token = client.prepare({ topic: "t", QoS: 1, payloadByteLength: 1 }).write(bytes("1"));
  clock.advance(10);
  expect([client.waiting, delivered]).toEqual([1, []]);
  broker.unanswered.clear();
  broker.sessionPresent = true;
  bench!.cut().reconnect();
  expect(bench!.sent()).toEqual(["publish 1 dup t 1"]);
  expect(delivered).toEqual([token]);
});

test("a payload of another length is published all the same", () => {
  const { client } = made().connect();
  client.prepare({ topic: "t", payloadByteLength: 1 }).write(bytes("12"));
  clock.advance(10);
  expect(bench!.sent()).toEqual(["publish t 12"]);
});

test("nothing is sent between the pieces of a stream", () => {
  const { client } = made({}, { sendBufferByteLength: 100 }).connect();
  const publisher = client.prepare({ topic: "t", payloadByteLength: 1 });
  const payload = new Uint8Array(300).fill(0x78);
  expect(client.stream("s", payload, { onComplete() {} })).toBe(true);
  publisher.write(bytes("1"));
  clock.advance(100);
  expect(bench!.sent()).toEqual(["publish s 300 bytes", "publish t 1"]);
});

test("flush waits for nothing when all that was prepared is written", () => {
  const { client } = made().connect();
  let unsent = -1;
  client.prepare({ topic: "t", payloadByteLength: 1 }).write(bytes("1"));
  client.flush(1_000, (count) => {
    unsent = count;
  });
  clock.advance(10);
  expect(unsent).toBe(0);
});

test("what cannot be published cannot be prepared, and nothing after close", () => {
  const { client } = made().connect();
  expect(codeOf(() => client.prepare({ topic: "", payloadByteLength: 1 }))).toBe(INVALID_TOPIC);
  expect(codeOf(() => client.prepare({ topic: "t", QoS: 3 as 2, payloadByteLength: 1 }))).toBe(INVALID_QOS);
  expect(codeOf(() => client.prepare({ topic: "t", payloadByteLength: 0.5 }))).toBe(INVALID_OPTION);
  expect(codeOf(() => client.prepare({ topic: "t", delivery: DEADLINE, payloadByteLength: 1 }))).toBe(
    INVALID_OPTION,
  );
  const publisher = client.prepare({ topic: "t", payloadByteLength: 1 });
  client.close();
  expect(codeOf(() => publisher.write(bytes("1")))).toBe(INVALID_STATE);
  expect(codeOf(() => client.prepare({ topic: "t", payloadByteLength: 1 }))).toBe(INVALID_STATE);
});
