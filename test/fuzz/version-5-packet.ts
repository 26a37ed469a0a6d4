import fc from "fast-check";
import { isClientReasonCode, isServerReasonCode } from "../../device/mqtt/version-5/reason-code";
import type { PacketValue, PropertyList, PropertyName, PropertyValue } from "../vectors/version-5/packet";

/*
 * Packets of version 5 by chance. mqtt-packet keeps User Properties in an object: their names differ here, and none is
 * empty, since it loses those.
 */

const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((value) => !value.includes("\0"));
const someText = text.filter((value) => value.length > 0);
const topic = someText.filter((value) => !/[+#]/.test(value));
const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 });
const flag = fc.integer({ min: 0, max: 1 });
const two = fc.integer({ min: 0, max: 0xffff });
const four = fc.integer({ min: 0, max: 0xffffffff });
const packetIdentifier = fc.integer({ min: 1, max: 65_535 });
const QoS = fc.integer({ min: 0, max: 2 });

/** Values of the properties that User Property is not. */
const VALUES: Partial<Record<PropertyName, fc.Arbitrary<PropertyValue>>> = {
  payloadFormatIndicator: flag,
  messageExpiryInterval: four,
  contentType: someText,
  responseTopic: topic,
  correlationData: bytes,
  subscriptionIdentifier: fc.integer({ min: 1, max: 268_435_455 }),
  sessionExpiryInterval: four,
  assignedClientIdentifier: someText,
  serverKeepAlive: two,
  authenticationData: bytes,
  requestProblemInformation: flag,
  willDelayInterval: four,
  requestResponseInformation: flag,
  responseInformation: someText,
  serverReference: someText,
  reasonString: someText,
  receiveMaximum: packetIdentifier,
  topicAliasMaximum: two,
  maximumQoS: flag,
  retainAvailable: flag,
  maximumPacketSize: fc.integer({ min: 1, max: 0xffffffff }),
  wildcardSubscriptionAvailable: flag,
  subscriptionIdentifiersAvailable: flag,
  sharedSubscriptionAvailable: flag,
};

const MESSAGE: readonly PropertyName[] = [
  ...(["payloadFormatIndicator", "messageExpiryInterval", "contentType"] as const),
  ...(["responseTopic", "correlationData"] as const),
];

/**
 * Some of the properties, each once, and User Properties.
 * @param required - those that are always there
 */
function properties(names: readonly PropertyName[], required: PropertyList = []): fc.Arbitrary<PropertyList> {
  const rows = names.map((name) =>
    (VALUES[name] as fc.Arbitrary<PropertyValue>).map((value): [PropertyName, PropertyValue] => [
      name,
      value,
    ]),
  );
  const one = rows.map((row) => fc.option(row, { nil: undefined }));
  const users = fc.uniqueArray(fc.tuple(someText, someText), {
    maxLength: 3,
    // Integer-like names come first in an object, whatever the order.
    selector: ([name]) => (/^\d+$/.test(name) ? "0" : name),
    comparator: (a, b) => a === b || a === "0" || b === "0" || a === "__proto__",
  });
  return fc
    .tuple(fc.tuple(...one), users)
    .map(([some, pairs]) => [
      ...required,
      ...some.filter((row) => row !== undefined),
      ...pairs
        .filter(([name]) => !/^\d+$/.test(name) && name !== "__proto__")
        .map((pair): [PropertyName, PropertyValue] => ["userProperty", pair]),
    ]);
}

/** As the reader gives it: no list when there is none. */
function tidy<Value extends PacketValue>(value: Value): Value {
  const { properties: list, ...rest } = value as Value & { properties?: PropertyList };
  return (list && list.length > 0 ? value : rest) as Value;
}

function codes(test: (packet: number, code: number) => boolean, packet: number): fc.Arbitrary<number> {
  return fc.constantFrom(
    ...Array.from({ length: 256 }, (_, code) => code).filter((code) => test(packet, code)),
  );
}

const publish: fc.Arbitrary<PacketValue> = fc
  .record({
    type: fc.constant(3 as const),
    QoS,
    retain: fc.boolean(),
    duplicate: fc.boolean(),
    topic,
    packetIdentifier,
    payload: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 }),
    properties: properties(MESSAGE),
  })
  .map((value) => tidy(value.QoS === 0 ? { ...value, duplicate: false, packetIdentifier: 0 } : value));

const acknowledgement: fc.Arbitrary<PacketValue> = fc.constantFrom(4, 5, 6, 7).chain((type) =>
  fc
    .record({
      type: fc.constant(type as 4 | 5 | 6 | 7),
      packetIdentifier,
      reasonCode: codes(isServerReasonCode, type),
      properties: properties(["reasonString"]),
    })
    .map(tidy),
);

/** Packets that go both ways. */
export const fromClient: fc.Arbitrary<PacketValue> = fc.oneof(publish, acknowledgement);

const will = fc.record({
  topic,
  message: bytes,
  QoS,
  retain: fc.boolean(),
  properties: properties([...MESSAGE, "willDelayInterval"]),
});

const connect: fc.Arbitrary<PacketValue> = fc
  .record(
    {
      type: fc.constant(1 as const),
      id: someText,
      clean: fc.boolean(),
      keepAlive: two,
      user: someText,
      password: bytes.filter((value) => value.length > 0),
      will,
      properties: properties(
        [
          ...([
            "authenticationData",
            "sessionExpiryInterval",
            "receiveMaximum",
            "maximumPacketSize",
          ] as const),
          ...(["topicAliasMaximum", "requestResponseInformation", "requestProblemInformation"] as const),
        ],
        [["authenticationMethod", "M"]],
      ),
    },
    { requiredKeys: ["type", "id", "clean", "keepAlive"] },
  )
  .map((value) => {
    // mqtt-packet has no empty object where there is no property.
    const { will: given } = value;
    if (!given || given.properties.length > 0) return value;
    return {
      ...value,
      will: { topic: given.topic, message: given.message, QoS: given.QoS, retain: given.retain },
    };
  });

const subscribe: fc.Arbitrary<PacketValue> = fc
  .record({
    type: fc.constant(8 as const),
    packetIdentifier,
    items: fc.array(
      fc.record({
        topic,
        QoS,
        noLocal: fc.boolean(),
        retainAsPublished: fc.boolean(),
        retainHandling: QoS,
      }),
      { minLength: 1, maxLength: 4 },
    ),
    properties: properties(["subscriptionIdentifier"]),
  })
  .map(tidy);

const unsubscribe: fc.Arbitrary<PacketValue> = fc
  .record({
    type: fc.constant(10 as const),
    packetIdentifier,
    topics: fc.array(topic, { minLength: 1, maxLength: 4 }),
    properties: properties([]),
  })
  .map(tidy);

function ending(
  test: (packet: number, code: number) => boolean,
  type: 14 | 15,
  list: fc.Arbitrary<PropertyList>,
): fc.Arbitrary<PacketValue> {
  return fc.record({ type: fc.constant(type), reasonCode: codes(test, type), properties: list }).map(tidy);
}

const auth = properties(["authenticationData", "reasonString"], [["authenticationMethod", "M"]]);

/** Packets for servers. */
export const toServerOnly: fc.Arbitrary<PacketValue> = fc.oneof(
  connect,
  subscribe,
  unsubscribe,
  ending(isClientReasonCode, 14, properties(["sessionExpiryInterval", "reasonString"])),
  ending(isClientReasonCode, 15, auth),
);

const connack: fc.Arbitrary<PacketValue> = fc
  .record({
    type: fc.constant(2 as const),
    sessionPresent: fc.boolean(),
    reasonCode: codes(isServerReasonCode, 2),
    properties: properties(
      [
        ...(["sessionExpiryInterval", "assignedClientIdentifier", "serverKeepAlive"] as const),
        ...(["authenticationData", "responseInformation", "serverReference", "reasonString"] as const),
        ...(["receiveMaximum", "topicAliasMaximum", "maximumQoS", "retainAvailable"] as const),
        ...(["maximumPacketSize", "wildcardSubscriptionAvailable"] as const),
        ...(["subscriptionIdentifiersAvailable", "sharedSubscriptionAvailable"] as const),
      ],
      [["authenticationMethod", "M"]],
    ),
  })
  .map(tidy);

const answer: fc.Arbitrary<PacketValue> = fc.constantFrom(9, 11).chain((type) =>
  fc
    .record({
      type: fc.constant(type as 9 | 11),
      packetIdentifier,
      reasonCodes: fc.array(codes(isServerReasonCode, type), { minLength: 1, maxLength: 10 }),
      properties: properties(["reasonString"]),
    })
    .map(tidy),
);

/** Packets for clients. */
export const fromServer: fc.Arbitrary<PacketValue> = fc.oneof(
  publish,
  acknowledgement,
  connack,
  answer,
  ending(isServerReasonCode, 14, properties(["serverReference", "reasonString"])),
  ending(isServerReasonCode, 15, auth),
  fc.constant<PacketValue>({ type: 13 }),
);
