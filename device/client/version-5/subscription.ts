import { SUBSCRIBE } from "../../mqtt/control-packet";
import type { MQTTError } from "../../mqtt/mqtt-error";
import { NOT_SUPPORTED, ReasonError } from "../../mqtt/version-5/mqtt-error";
import { subscribeByteLength, unsubscribeByteLength } from "../../mqtt/version-5/packet-writer";
import { encodeProperties } from "../../mqtt/version-5/property-writer";
import { encodeTopicFilter } from "../../mqtt/version-5/topic";
import type MQTTClient from "../mqtt-client";
import { LEAVING, SETTLED, type Subscription, UNWANTED, WANTED } from "../reliable/subscriptions";
import type { SubscribeOptions } from "../reliable-client-options";
import type { ServerLimits } from "./state";
import { subscriptionRefusal, tooLarge } from "./transmit";

/*
 * What ReliableClient does with subscriptions in MQTT 5.0.
 */

/** Throws now what writing the packet would throw later. @throws {MQTTError} INVALID_OPTION */
export function checkSubscription(topic: Uint8Array, QoS: number, options: SubscribeOptions): void {
  const { subscriptionIdentifier } = options;
  encodeProperties(SUBSCRIBE, { subscriptionIdentifier });
  subscribeByteLength([{ ...options, topic, QoS }]);
}

export function isSameSubscription(one: SubscribeOptions, other: SubscribeOptions): boolean {
  return (
    one.noLocal === other.noLocal &&
    one.retainAsPublished === other.retainAsPublished &&
    one.retainHandling === other.retainHandling &&
    one.subscriptionIdentifier === other.subscriptionIdentifier
  );
}

/** Those that the broker, as its CONNACK says, would refuse are not asked for; nor is a filter too long for it given up. */
export function refuseSubscriptions(list: readonly Subscription[], client: MQTTClient): MQTTError[] {
  const limits = client.limits!;
  const errors: MQTTError[] = [];
  for (let index = 0; index < list.length; index++) {
    const item = list[index]!;
    const { state } = item;
    if (state !== WANTED && state !== UNWANTED) continue;
    const error = state === WANTED ? refusalOf(item, limits) : undefined;
    const byteLength = packetByteLength(item);
    if (error) errors.push(error);
    else if (byteLength > limits.maximumPacketSize)
      errors.push(tooLarge(byteLength, limits)); // [MQTT-3.2.2-15]
    else continue;
    item.state = state === WANTED ? SETTLED : LEAVING;
  }
  return errors;
}

function refusalOf(item: Subscription, limits: ServerLimits): MQTTError | undefined {
  const hasIdentifier = item.subscriptionIdentifier !== undefined;
  const reasonCode = subscriptionRefusal(limits, encodeTopicFilter(item.topic), hasIdentifier);
  if (reasonCode === 0) return undefined;
  return new ReasonError(NOT_SUPPORTED, `the broker has no such subscriptions: ${item.topic}`, reasonCode);
}

/** Bytes of the SUBSCRIBE or UNSUBSCRIBE of this one. */
function packetByteLength(item: Subscription): number {
  const { subscriptionIdentifier, state, QoS } = item;
  const topic = encodeTopicFilter(item.topic);
  if (state === UNWANTED) return unsubscribeByteLength([topic]);
  return subscribeByteLength([{ topic, QoS }], encodeProperties(SUBSCRIBE, { subscriptionIdentifier }));
}
