import fc from "fast-check";
import type {
  AcknowledgementValue,
  BareValue,
  ConnackValue,
  ConnectValue,
  PublishValue,
  SubackValue,
  SubscribeValue,
  UnsubscribeValue,
} from "../../vectors/packet";

export const packetIdentifier: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(1, 255, 256, 65_535),
  fc.integer({ min: 1, max: 65_535 }),
);

export const QoS: fc.Arbitrary<number> = fc.nat(2);

export const bytes: fc.Arbitrary<number[]> = fc.array(fc.nat(255), { maxLength: 24 });

/** UTF-8 of one to four bytes a character, without U+0000. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom("a", "/", "$", "é", "水", "😀", "\ufeff", "\u007f", "\ud7ff", "\ue000"),
    maxLength: 8,
  }),
  fc.string({ unit: "grapheme", maxLength: 6 }).map((value) => value.replaceAll("\0", "")),
);

export const topicName: fc.Arbitrary<string> = text.map((value) => value.replaceAll(/[+#]/g, "") || "t");

export const topicFilter: fc.Arbitrary<string> = fc
  .tuple(fc.array(fc.oneof(topicName, fc.constant("+")), { maxLength: 3 }), fc.boolean())
  .map(([levels, all]) => [...levels, ...(all || levels.length === 0 ? ["#"] : [])].join("/"));

/** The rule that ties the fields of a PUBLISH together ([MQTT-3.3.1-2], [MQTT-2.3.1-5]). */
export function withoutAcknowledgement<
  Value extends { QoS: number; duplicate: boolean; packetIdentifier: number },
>(value: Value): Value {
  return value.QoS === 0 ? { ...value, duplicate: false, packetIdentifier: 0 } : value;
}

/** Of payloads those lengths at which the Remaining Length takes one more byte. */
export const payload: fc.Arbitrary<number[]> = fc.oneof(
  { weight: 40, arbitrary: bytes },
  {
    weight: 1,
    arbitrary: fc
      .oneof(fc.integer({ min: 100, max: 140 }), fc.integer({ min: 16_370, max: 16_390 }))
      .map((length) => new Array<number>(length).fill(0x2a)),
  },
);

const publish: fc.Arbitrary<PublishValue> = fc
  .record({
    type: fc.constant(3 as const),
    QoS,
    retain: fc.boolean(),
    duplicate: fc.boolean(),
    topic: topicName,
    packetIdentifier,
    payload,
  })
  .map(withoutAcknowledgement);

/** The packets that go both ways. */
export const eitherWay: fc.Arbitrary<PublishValue | AcknowledgementValue> = fc.oneof(
  publish,
  fc.record({ type: fc.constantFrom(4 as const, 5 as const, 6 as const, 7 as const), packetIdentifier }),
);

const connect: fc.Arbitrary<ConnectValue> = fc
  .record(
    {
      type: fc.constant(1 as const),
      id: topicName,
      clean: fc.boolean(),
      keepAlive: fc.nat(65_535),
      user: text,
      password: bytes,
      will: fc.record({ topic: topicName, message: bytes, QoS, retain: fc.boolean() }),
    },
    { requiredKeys: ["type", "id", "clean", "keepAlive"] },
  )
  .map((value) => {
    // Without a user name there is no password ([MQTT-3.1.2-22]).
    if (value.user === undefined) delete value.password;
    return value;
  });

const subscribe: fc.Arbitrary<SubscribeValue> = fc.record({
  type: fc.constant(8 as const),
  packetIdentifier,
  items: fc.array(fc.record({ topic: topicFilter, QoS }), { minLength: 1, maxLength: 4 }),
});

const unsubscribe: fc.Arbitrary<UnsubscribeValue> = fc.record({
  type: fc.constant(10 as const),
  packetIdentifier,
  topics: fc.array(topicFilter, { minLength: 1, maxLength: 4 }),
});

/** What only clients send. */
export const toServer: fc.Arbitrary<ConnectValue | SubscribeValue | UnsubscribeValue | BareValue> = fc.oneof(
  connect,
  subscribe,
  unsubscribe,
  fc.record({ type: fc.constantFrom(12 as const, 14 as const) }),
);

/** What only servers send. */
export const toClient: fc.Arbitrary<ConnackValue | SubackValue | AcknowledgementValue | BareValue> = fc.oneof(
  fc.record({ type: fc.constant(2 as const), sessionPresent: fc.boolean(), returnCode: fc.nat(5) }),
  fc.record({
    type: fc.constant(9 as const),
    packetIdentifier,
    returnCodes: fc.array(fc.constantFrom(0, 1, 2, 0x80), { minLength: 1, maxLength: 6 }),
  }),
  fc.record({ type: fc.constant(11 as const), packetIdentifier }),
  fc.record({ type: fc.constant(13 as const) }),
);
