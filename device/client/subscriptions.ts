import { SUBSCRIBE, UNSUBSCRIBE } from "../mqtt/control-packet";
import type { Session } from "../mqtt/session";
import { encodeTopicFilter } from "../mqtt/topic";
import type MQTTClient from "./mqtt-client";
import type { WriteItem } from "./mqtt-client-options";

/** To be asked for. */
const WANTED = 0;
/** Asked for; SUBACK is due. */
const ASKED = 1;
/** The broker has it in the session, or has refused it. */
const SETTLED = 2;
/** The broker may have it, and shall not. */
const UNWANTED = 3;
/** UNSUBSCRIBE is sent; UNSUBACK is due. Follows UNWANTED as ASKED follows WANTED. */
const LEAVING = 4;

/** Topic Filters in one packet: even long ones fit any socket. */
const FILTERS_PER_PACKET = 8;

interface Subscription extends WriteItem {
  topic: string;
  QoS: number;
  state: number;
  /** The broker may know of it. */
  asked: boolean;
  packetIdentifier: number;
}

/** The Topic Filters that a client wants, and what the broker knows of them. */
export class Subscriptions {
  /** @internal */ readonly list: Subscription[];
  /** @internal there may be something to send */
  changed: boolean;

  constructor() {
    this.list = [];
    this.changed = false;
  }

  /**
   * Remembers a filter. One that the broker has already is not sent again.
   * @throws {MQTTError} INVALID_TOPIC
   */
  add(topicFilter: string, QoS: number): void {
    encodeTopicFilter(topicFilter);
    const known = find(this.list, topicFilter);
    this.changed = true;
    if (!known) this.list.push({ topic: topicFilter, QoS, state: WANTED, asked: false, packetIdentifier: 0 });
    else if (known.QoS !== QoS || known.state === UNWANTED || known.state === LEAVING) {
      known.QoS = QoS;
      known.state = WANTED;
    }
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
  send(client: MQTTClient, session: Session): void {
    const { list } = this;
    if (!this.changed) return;
    while (sendSome(list, client, session, UNSUBSCRIBE));
    while (sendSome(list, client, session, SUBSCRIBE));
    this.changed = list.some(({ state }) => state === WANTED || state === UNWANTED);
  }

  /**
   * SUBACK arrived.
   * @returns the filters that the broker refused, joined; empty when there are none
   */
  acknowledge(packetIdentifier: number, returnCodes: Uint8Array | undefined): string {
    const { list } = this;
    let refused = "";
    let place = 0;
    for (let index = 0; index < list.length; index++) {
      const item = list[index]!;
      if (item.packetIdentifier !== packetIdentifier) continue;
      if (returnCodes?.[place++] === 0x80) refused += refused ? `, ${item.topic}` : item.topic;
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
  session: Session,
  operation: number,
): boolean {
  const from = operation === SUBSCRIBE ? WANTED : UNWANTED;
  const items = list.filter((item) => item.state === from).slice(0, FILTERS_PER_PACKET);
  if (items.length === 0 || client.writable < byteLengthOf(items)) return false;
  const id = session.nextPacketIdentifier();
  client.write(undefined, { operation, id, items });
  for (let index = 0; index < items.length; index++) {
    items[index]!.state = from + 1;
    items[index]!.asked = true;
    items[index]!.packetIdentifier = id;
  }
  return true;
}

/** At least the bytes of the packet. */
function byteLengthOf(items: readonly Subscription[]): number {
  let byteLength = 7;
  for (let index = 0; index < items.length; index++)
    byteLength += 3 + encodeTopicFilter(items[index]!.topic).length;
  return byteLength;
}
