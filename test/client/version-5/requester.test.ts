import { expect, onTestFinished, test } from "vitest";
import { Requester, respond } from "../../../device/client/version-5/requester";
import { CLIENT_CLOSED, type MQTTError } from "../../../device/mqtt/mqtt-error";
import { RESPONSE_TIMEOUT } from "../../../device/mqtt/version-5/mqtt-error";
import { clock } from "../../support/timer";
import { ReliableBench } from "./bench";

/** A client that asks; `answers` are payloads, or codes of errors. */
class Asking extends ReliableBench {
  readonly requester: Requester;
  readonly answers: (string | number)[] = [];

  constructor(limit = 8) {
    let requester: Requester | undefined;
    super({
      onMessage: (topic, payload, _QoS, _retain, properties) => {
        if (!requester?.receive(topic, payload, properties)) this.answers.push(`other ${topic}`);
      },
    });
    this.requester = new Requester({
      client: this.client,
      responseTopic: "home/phone/answers",
      limit,
      random: () => 0.999_999_999_9,
    });
    requester = this.requester;
    onTestFinished(() => this.requester.close());
    clock.advance(10);
  }

  ask(topic: string): boolean {
    const asked = this.requester.request(topic, "?", (error: MQTTError | undefined, payload) =>
      this.answers.push(error ? error.code : Buffer.from(payload ?? []).toString()),
    );
    clock.advance(10);
    return asked;
  }

  answer(index: number, payload: string): void {
    const { properties } = this.connection.all("publish")[index]!;
    this.connection.publish(properties!.responseTopic!, payload, {
      properties: { correlationData: properties!.correlationData! },
    });
  }
}

test("requests carry Response Topic and Correlation Data; answers find theirs in any order", () => {
  const bench = new Asking();
  expect(bench.connection.last("subscribe").subscriptions[0]?.topic).toBe("home/phone/answers");
  bench.ask("home/light/get");
  bench.ask("home/temp/get");
  bench.answer(1, "21.5");
  bench.answer(0, "on");
  bench.answer(0, "on again");
  expect(bench.answers).toEqual(["21.5", "on"]);
  expect(bench.requester.waiting).toBe(0);
});

test("other messages are not taken, and what nobody asked for is dropped", () => {
  const bench = new Asking();
  bench.ask("home/light/get");
  bench.connection.publish("home/light", "on");
  bench.connection.publish("home/phone/answers", "no data");
  bench.connection.publish("home/phone/answers", "other data", {
    properties: { correlationData: Buffer.from("1234") },
  });
  expect(bench.answers).toEqual(["other home/light"]);
  expect(bench.requester.waiting).toBe(1);
});

test("requests are numbered from a random number on, so that none has the data of one of an earlier run", () => {
  const data = (random: () => number): number[][] => {
    const bench = new ReliableBench();
    const requester = new Requester({ client: bench.client, responseTopic: "answers", random });
    onTestFinished(() => requester.close());
    for (const topic of ["a", "b"]) requester.request(topic, "", () => {});
    clock.advance(10);
    return bench.connection
      .all("publish")
      .map(({ properties }) => [...(properties?.correlationData ?? [])] as number[]);
  };
  expect(data(() => 0.5)).toEqual([
    [0x80, 0, 0, 1],
    [0x80, 0, 0, 2],
  ]);
  expect(data(() => 0.999_999_999_9)).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 1],
  ]);
});

test("with a broker of 3.1.1 there are no requests, and messages to the Response Topic are nobody's answer", () => {
  const client = new ReliableBench({ protocol: undefined as never }).client;
  const requester = new Requester({ client, responseTopic: "answers" });
  expect(requester.request("a", "", () => {})).toBe(false);
  expect(requester.receive("answers", new Uint8Array(0), undefined)).toBe(true);
  expect(requester.receive("other", new Uint8Array(0), undefined)).toBe(false);
  expect(respond(client, undefined, "x")).toBe(false);
  expect(client.waiting).toBe(0);
});

test("without an answer in time there is an error", () => {
  const bench = new Asking();
  bench.ask("home/light/get");
  clock.advance(9989);
  expect(bench.answers).toEqual([]);
  clock.advance(1);
  expect(bench.answers).toEqual([RESPONSE_TIMEOUT]);
});

test("only so many wait at a time", () => {
  const bench = new Asking(2);
  expect([bench.ask("a"), bench.ask("b"), bench.ask("c")]).toEqual([true, true, false]);
});

test("close ends the subscription and what waits", () => {
  const bench = new Asking();
  bench.ask("a");
  bench.requester.close();
  clock.advance(10);
  expect(bench.answers).toEqual([CLIENT_CLOSED]);
  expect(bench.connection.log.at(-1)).toMatch(/^unsubscribe/);
});

test("respond answers a request to its topic with its data, and nothing else", () => {
  const answered: boolean[] = [];
  const bench = new ReliableBench({
    onMessage(_topic, _payload, _QoS, _retain, properties) {
      answered.push(respond(this, properties, "on", { QoS: 1 }));
    },
  });
  bench.connection.publish("home/light/get", "", {
    properties: { responseTopic: "home/phone/answers", correlationData: Buffer.from("42") },
  });
  bench.connection.publish("home/light/get", "");
  expect(answered).toEqual([true, false]);
  expect(bench.connection.all("publish")).toMatchObject([
    { topic: "home/phone/answers", qos: 1, properties: { correlationData: Buffer.from("42") } },
  ]);
});
