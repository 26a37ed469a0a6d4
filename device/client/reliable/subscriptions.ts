import { SUBSCRIBE, UNSUBSCRIBE } from "../../mqtt/control-packet";
import { MAXIMUM_PACKET_BYTE_LENGTH } from "../../mqtt/limits";
import { encodeTopicFilter } from "../../mqtt/topic";
import { invalid } from "../connection/connect-options";
import type MQTTClient from "../mqtt-client";
import type { WriteItem } from "../mqtt-client-options";
import type { Protocol } from "../protocol";
import type { SubscribeOptions } from "../reliable-client-options";
import type { ReliableState } from "./reliable-state";

/** To be asked for. */
export const WANTED = 0;
/** Asked for; SUBACK is due. */
const ASKED = 1;
/** The broker has it in the session, or has refused it. */
export const SETTLED = 2;
/** The broker may have it, and shall not. */
export const UNWANTED = 3;
/** UNSUBSCRIBE is sent; UNSUBACK is due. Follows UNWANTED as ASKED follows WANTED. */
export const LEAVING = 4;

/** Topic Filters in one packet: even long ones fit any socket. */
const FILTERS_PER_PACKET = 8;

export interface Subscription extends WriteItem {
  topic: string;
  QoS: number;
  /** Of MQTT 5.0. */
  subscriptionIdentifier?: number | undefined;
  state: number;
  /** The broker may know of it. */
  asked: boolean;
  packetIdentifier: number;
}

/** The Topic Filters that a client wants, and what the broker knows of them. */
export class Subscriptions {
  /** @internal */ readonly list: Subscription[];
  /** @internal there may be something to send */
  declare changed?: boolean;
  /** Of the first refused filter of the last SUBACK. */
  reasonCode: number;

  constructor() {
    this.list = [];
    this.reasonCode = 0;
  }

  /**
   * Remembers a filter. One that the broker has already is not sent again.
   * @throws {MQTTError} INVALID_TOPIC, INVALID_OPTION
   */
  add(protocol: Protocol, topicFilter: string, QoS: number, options: SubscribeOptions | undefined): void {
    const { checkSubscription, isSameSubscription } = protocol;
    const topic = protocol.encodeTopicFilter(topicFilter);
    if (options && !checkSubscription) invalid("options of a subscription need MQTT 5.0");
    if (options) checkSubscription!(topic, QoS, options);
    const known = find(this.list, topicFilter);
    const asked = known?.asked ?? false;
    const item = { ...options, topic: topicFilter, QoS, state: WANTED, asked, packetIdentifier: 0 };
    this.changed = true;
    if (!known) this.list.push(item);
    else if (
      known.QoS !== QoS ||
      known.state >= UNWANTED ||
      (isSameSubscription && !isSameSubscription(known, item))
    )
      this.list[this.list.indexOf(known)] = item;
  }

  /**
   * Forgets a filter, and sees to it that the broker does.
   * @throws {MQTTError} INVALID_TOPIC
   */
  delete(topicFilter: string): void {
    encodeTopicFilter(topicFilter);
    const known = find(this.list, topicFilter);
    if (!known) return;
    this.changed = true;
    if (known.asked) known.state = UNWANTED;
    else this.list.splice(this.list.indexOf(known), 1);
  }

  /** A connection begins: without a session the broker knows nothing, and with it what it had acknowledged. */
  resume(sessionPresent: boolean): void {
    const { list } = this;
    this.changed = true;
    for (let index = list.length - 1; index >= 0; index--) {
      const item = list[index]!;
      item.packetIdentifier = 0;
      if (item.state === LEAVING) item.state = UNWANTED;
      else if (item.state === ASKED) item.state = WANTED;
      if (sessionPresent) continue;
      item.asked = false;
      if (item.state === UNWANTED) list.splice(index, 1);
      else item.state = WANTED;
    }
  }

  /** Sends what is wanted and unwanted, as far as the socket takes it. The rest goes with the next call. */
  send(state: ReliableState, client: MQTTClient): void {
    const { list } = this;
    if (!this.changed) return;
    const refused = state.protocol.refuseSubscriptions?.(list, client);
    while (sendSome(list, client, state, UNSUBSCRIBE));
    while (sendSome(list, client, state, SUBSCRIBE));
    this.changed = list.some((item) => item.state === WANTED || item.state === UNWANTED);
    // Callbacks come last.
    if (refused)
      for (let index = 0; index < refused.length && !state.closed; index++)
        state.callbacks.onError?.call(state.owner, refused[index]!);
  }

  /**
   * SUBACK arrived.
   * @returns the filters that the broker refused, joined; empty when there are none
   */
  acknowledge(packetIdentifier: number, returnCodes: Uint8Array): string {
    const { list } = this;
    let refused = "";
    let place = 0;
    for (let index = 0; index < list.length; index++) {
      const item = list[index]!;
      if (item.packetIdentifier !== packetIdentifier) continue;
      const reasonCode = returnCodes[place++] ?? 0;
      if (reasonCode >= 0x80) {
        if (refused === "") this.reasonCode = reasonCode;
        refused += refused ? `, ${item.topic}` : item.topic;
      }
      if (item.state === ASKED) item.state = SETTLED;
      item.packetIdentifier = 0;
    }
    return refused;
  }

  /** UNSUBACK arrived. */
  forget(packetIdentifier: number): void {
    const { list } = this;
    for (let index = list.length - 1; index >= 0; index--) {
      const item = list[index]!;
      if (item.packetIdentifier !== packetIdentifier) continue;
      item.packetIdentifier = 0;
      if (item.state === LEAVING) list.splice(index, 1);
    }
  }
}

function find(list: readonly Subscription[], topicFilter: string): Subscription | undefined {
  return list.find((item) => item.topic === topicFilter);
}

/** @returns whether a packet was sent, and perhaps another is needed */
function sendSome(
  list: readonly Subscription[],
  client: MQTTClient,
  state: ReliableState,
  operation: number,
): boolean {
  const { session, protocol } = state;
  const from = operation === SUBSCRIBE ? WANTED : UNWANTED;
  const first = list.find((item) => item.state === from);
  const subscriptionIdentifier = first?.subscriptionIdentifier;
  // A packet has one Subscription Identifier for all its filters.
  const items = list
    .filter((item) => item.state === from && item.subscriptionIdentifier === subscriptionIdentifier)
    .slice(0, FILTERS_PER_PACKET);
  // Of one that alone does not fit `refuseSubscriptions` has told.
  const most = client.limits ? client.limits.maximumPacketSize : MAXIMUM_PACKET_BYTE_LENGTH;
  while (items.length > 1 && byteLengthOf(items) > most) items.length -= 1;
  if (items.length === 0 || session.isFull || client.writable < byteLengthOf(items)) return false;
  const id = session.nextPacketIdentifier();
  if (subscriptionIdentifier !== undefined && from === WANTED && protocol.encodeProperties)
    client.write(undefined, { operation, id, items, properties: { subscriptionIdentifier } });
  else client.write(undefined, { operation, id, items });
  for (let index = 0; index < items.length; index++) {
    items[index]!.state = from + 1;
    items[index]!.asked = true;
    items[index]!.packetIdentifier = id;
  }
  return true;
}

/** At least the bytes of the packet. */
function byteLengthOf(items: readonly Subscription[]): number {
  // Two bytes of identifier, one to five of properties, five before them.
  let byteLength = 12;
  for (let index = 0; index < items.length; index++)
    byteLength += 3 + encodeTopicFilter(items[index]!.topic).length;
  return byteLength;
}
