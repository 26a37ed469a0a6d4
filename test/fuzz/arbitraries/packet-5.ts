import fc from "fast-check";
import { isClientReasonCode, isServerReasonCode } from "../../../device/mqtt/version-5/reason-code";
import type {
  AcknowledgementValue,
  CodesValue,
  ConnackValue,
  ConnectValue,
  PropertyList,
  PropertyName,
  PropertyValue,
  PublishValue,
  ReasonValue,
  SubscribeValue,
  UnsubscribeValue,
} from "../../vectors/version-5/packet";
import {
  bytes,
  packetIdentifier,
  payload,
  QoS,
  text,
  topicFilter,
  topicName,
  withoutAcknowledgement,
} from "./packet";

const flag = fc.nat(1);
const twoBytes = fc.nat(65_535);
const positive = fc.integer({ min: 1, max: 65_535 });
const seconds = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 0xffff_ffff }));

/** Values of the properties that a packet may have once. */
const VALUES: Record<Exclude<PropertyName, "userProperty">, fc.Arbitrary<PropertyValue>> = {
  payloadFormatIndicator: flag,
  messageExpiryInterval: seconds,
  contentType: text,
  responseTopic: topicName,
  correlationData: bytes,
  subscriptionIdentifier: fc.oneof(fc.constantFrom(1, 127, 128, 268_435_455), positive),
  sessionExpiryInterval: seconds,
  assignedClientIdentifier: text,
  serverKeepAlive: twoBytes,
  authenticationMethod: text,
  authenticationData: bytes,
  requestProblemInformation: flag,
  willDelayInterval: seconds,
  requestResponseInformation: flag,
  responseInformation: text,
  serverReference: text,
  reasonString: text,
  receiveMaximum: positive,
  topicAliasMaximum: twoBytes,
  topicAlias: positive,
  maximumQoS: flag,
  retainAvailable: flag,
  maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
  wildcardSubscriptionAvailable: flag,
  subscriptionIdentifiersAvailable: flag,
  sharedSubscriptionAvailable: flag,
};

/** Names differ, and are no numbers: mqtt-packet makes an object of User Properties. */
const userProperties = fc.uniqueArray(
  fc.tuple(
    text.map((name) => `n${name}`),
    text,
  ),
  {
    maxLength: 3,
    selector: ([name]) => name,
  },
);

/** Some of the properties, and User Properties. `required`: those that must be there. */
function properties(
  names: readonly (keyof typeof VALUES)[],
  required: readonly (keyof typeof VALUES)[] = [],
): fc.Arbitrary<{ properties?: PropertyList }> {
  const values = Object.fromEntries([...names, ...required].map((name) => [name, VALUES[name]]));
  const record = fc.record(values, { requiredKeys: [...required] }) as fc.Arbitrary<
    Record<string, PropertyValue>
  >;
  return fc
    .tuple(
      fc.oneof(record, fc.record(Object.fromEntries(required.map((name) => [name, VALUES[name]])))),
      userProperties,
    )
    .map(([found, users]) => {
      const list = Object.entries(found) as PropertyList;
      // Data only with a method (MQTT 5.0 section 3.1.2.11.10).
      const right = list.filter(([name]) => name !== "authenticationData" || "authenticationMethod" in found);
      for (const user of users) right.push(["userProperty", user]);
      return right.length > 0 ? { properties: right } : {};
    });
}

function packet<Value extends object>(
  value: fc.Arbitrary<Value>,
  list: fc.Arbitrary<{ properties?: PropertyList }>,
): fc.Arbitrary<Value & { properties?: PropertyList }> {
  return fc.tuple(value, list).map(([fields, rest]) => ({ ...fields, ...rest }));
}

const MESSAGE = [
  "payloadFormatIndicator",
  "messageExpiryInterval",
  "contentType",
  "responseTopic",
  "correlationData",
] as const;

const publish: fc.Arbitrary<PublishValue> = packet(
  fc.record({
    type: fc.constant(3 as const),
    QoS,
    retain: fc.boolean(),
    duplicate: fc.boolean(),
    topic: topicName,
    packetIdentifier,
    payload,
  }),
  properties([...MESSAGE, "topicAlias"]),
).map(withoutAcknowledgement);

type Test = (packet: number, reasonCode: number) => boolean;

/** Reason Codes that pass the tests. */
function codes(packet: number, ...tests: Test[]): fc.Arbitrary<number> {
  const all = Array.from({ length: 256 }, (_, code) => code);
  return fc.constantFrom(...all.filter((code) => tests.every((test) => test(packet, code))));
}

function acknowledgement(type: 4 | 5 | 6 | 7): fc.Arbitrary<AcknowledgementValue> {
  return packet(
    fc.record({
      type: fc.constant(type),
      packetIdentifier,
      reasonCode: codes(type, isServerReasonCode, isClientReasonCode),
    }),
    properties(["reasonString"]),
  );
}

const auth: fc.Arbitrary<ReasonValue> = packet(
  fc.record({ type: fc.constant(15 as const), reasonCode: fc.constant(0x18) }),
  properties(["authenticationData", "reasonString"], ["authenticationMethod"]),
);

const disconnect: fc.Arbitrary<ReasonValue> = packet(
  fc.record({
    type: fc.constant(14 as const),
    reasonCode: codes(14, isServerReasonCode, isClientReasonCode),
  }),
  properties(["reasonString"]),
);

/** The packets that go both ways. */
export const eitherWay: fc.Arbitrary<PublishValue | AcknowledgementValue | ReasonValue> = fc.oneof(
  publish,
  acknowledgement(4),
  acknowledgement(5),
  acknowledgement(6),
  acknowledgement(7),
  auth,
  disconnect,
);

const will: fc.Arbitrary<NonNullable<ConnectValue["will"]>> = packet(
  fc.record({ topic: topicName, message: bytes, QoS, retain: fc.boolean() }),
  properties([...MESSAGE, "willDelayInterval"]),
);

const connect: fc.Arbitrary<ConnectValue> = packet(
  fc.record(
    {
      type: fc.constant(1 as const),
      id: topicName,
      clean: fc.boolean(),
      keepAlive: twoBytes,
      user: text,
      password: bytes,
      will,
    },
    { requiredKeys: ["type", "id", "clean", "keepAlive"] },
  ),
  properties([
    ...(["sessionExpiryInterval", "receiveMaximum", "maximumPacketSize", "topicAliasMaximum"] as const),
    ...(["requestResponseInformation", "requestProblemInformation"] as const),
    ...(["authenticationMethod", "authenticationData"] as const),
  ]),
);

const subscribe: fc.Arbitrary<SubscribeValue> = packet(
  fc.record({
    type: fc.constant(8 as const),
    packetIdentifier,
    items: fc.array(
      fc.record(
        {
          topic: topicFilter,
          QoS,
          noLocal: fc.boolean(),
          retainAsPublished: fc.boolean(),
          retainHandling: fc.nat(2),
        },
        { requiredKeys: ["topic", "QoS"] },
      ),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  properties(["subscriptionIdentifier"]),
);

const unsubscribe: fc.Arbitrary<UnsubscribeValue> = packet(
  fc.record({
    type: fc.constant(10 as const),
    packetIdentifier,
    topics: fc.array(topicFilter, { minLength: 1, maxLength: 4 }),
  }),
  properties([]),
);

/** What only clients send. */
export const toServer: fc.Arbitrary<ConnectValue | SubscribeValue | UnsubscribeValue | ReasonValue> =
  fc.oneof(
    connect,
    subscribe,
    unsubscribe,
    packet(
      fc.record({ type: fc.constant(14 as const), reasonCode: codes(14, isClientReasonCode) }),
      properties(["sessionExpiryInterval", "reasonString"]),
    ),
    packet(
      fc.record({ type: fc.constant(15 as const), reasonCode: codes(15, isClientReasonCode) }),
      properties(["authenticationData", "reasonString"], ["authenticationMethod"]),
    ),
  );

const connack: fc.Arbitrary<ConnackValue> = packet(
  fc.record({
    type: fc.constant(2 as const),
    sessionPresent: fc.boolean(),
    reasonCode: codes(2, isServerReasonCode),
  }),
  properties([
    ...([
      "sessionExpiryInterval",
      "assignedClientIdentifier",
      "serverKeepAlive",
      "authenticationMethod",
    ] as const),
    ...(["authenticationData", "responseInformation", "serverReference", "reasonString"] as const),
    ...([
      "receiveMaximum",
      "topicAliasMaximum",
      "maximumQoS",
      "retainAvailable",
      "maximumPacketSize",
    ] as const),
    ...(["wildcardSubscriptionAvailable", "subscriptionIdentifiersAvailable"] as const),
    "sharedSubscriptionAvailable",
  ]),
);

function answer(type: 9 | 11): fc.Arbitrary<CodesValue> {
  return packet(
    fc.record({
      type: fc.constant(type),
      packetIdentifier,
      reasonCodes: fc.array(codes(type, isServerReasonCode), { minLength: 1, maxLength: 6 }),
    }),
    properties(["reasonString"]),
  );
}

/** What only servers send. */
export const toClient: fc.Arbitrary<ConnackValue | CodesValue | ReasonValue> = fc.oneof(
  connack,
  packet(
    fc.record({ type: fc.constant(14 as const), reasonCode: codes(14, isServerReasonCode) }),
    properties(["serverReference", "reasonString"]),
  ),
  answer(9),
  answer(11),
);
