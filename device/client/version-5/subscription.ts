import { SUBSCRIBE } from "../../mqtt/control-packet";
import type { MQTTError } from "../../mqtt/mqtt-error";
import { NOT_SUPPORTED, ReasonError } from "../../mqtt/version-5/mqtt-error";
import { subscribeByteLength } from "../../mqtt/version-5/packet-writer";
import { encodeProperties } from "../../mqtt/version-5/property-writer";
import { encodeTopicFilter } from "../../mqtt/version-5/topic";
import type MQTTClient from "../mqtt-client";
import type { SubscribeOptions } from "../reliable-client-options";
import { SETTLED, type Subscription, WANTED } from "../subscriptions";
import { subscriptionRefusal } from "./transmit";

/*
 * What ReliableClient does with subscriptions in MQTT 5.0.
 */

/** Throws now what writing the packet would throw later. @throws {MQTTError} INVALID_OPTION */
export function checkSubscription(topic: Uint8Array, QoS: number, options: SubscribeOptions): void {
  const { subscriptionIdentifier } = options;
  if (subscriptionIdentifier !== undefined) encodeProperties(SUBSCRIBE, { subscriptionIdentifier });
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

/** Those that the broker, as its CONNACK says, would refuse are not asked for. */
export function refuseSubscriptions(list: readonly Subscription[], client: MQTTClient): MQTTError[] {
  const errors: MQTTError[] = [];
  for (let index = 0; index < list.length; index++) {
    const item = list[index]!;
    if (item.state !== WANTED) continue;
    const hasIdentifier = item.subscriptionIdentifier !== undefined;
    const reasonCode = subscriptionRefusal(client.limits!, encodeTopicFilter(item.topic), hasIdentifier);
    if (reasonCode === 0) continue;
    item.state = SETTLED;
    errors.push(
      new ReasonError(NOT_SUPPORTED, `the broker has no such subscriptions: ${item.topic}`, reasonCode),
    );
  }
  return errors;
}
