import type { Packet } from "mqtt-packet";
import type { ConnectValue, PacketValue, PropertyList } from "./packet";

/*
 * Our values as those of mqtt-packet, a codec that nobody here wrote.
 */

const COMMANDS = [
  ...["", "connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp"],
  ...["subscribe", "suback", "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect", "auth"],
];

/** Those that it takes for true or false. */
const BOOLEANS: readonly string[] = [
  ...["payloadFormatIndicator", "requestProblemInformation", "requestResponseInformation"],
  ...["retainAvailable", "wildcardSubscriptionAvailable"],
  ...["subscriptionIdentifiersAvailable", "sharedSubscriptionAvailable"],
];

/** It groups User Properties by name, and makes one list of repeated properties. */
function theirProperties(list: PropertyList | undefined): { properties?: Record<string, unknown> } {
  if (!list) return {};
  const properties: Record<string, unknown> = {};
  for (const [name, value] of list) {
    if (name === "userProperty") {
      const [key, text] = value as [string, string];
      properties.userProperties ??= Object.create(null);
      append(properties.userProperties as Record<string, unknown>, key, text);
    } else if (BOOLEANS.includes(name)) properties[name] = value === 1;
    else append(properties, name, Array.isArray(value) ? Buffer.from(value as number[]) : value);
  }
  return { properties };
}

function append(target: Record<string, unknown>, name: string, value: unknown): void {
  if (!(name in target)) target[name] = value;
  else if (Array.isArray(target[name])) target[name].push(value);
  else target[name] = [target[name], value];
}

/** The packet as mqtt-packet generates and parses it with `protocolVersion: 5`. */
export function theirPacket(packet: PacketValue): Packet {
  const properties = "properties" in packet ? theirProperties(packet.properties) : {};
  return { cmd: COMMANDS[packet.type], ...theirFields(packet), ...properties } as Packet;
}

function theirFields(packet: PacketValue): object {
  switch (packet.type) {
    case 1:
      return theirConnect(packet);
    case 2:
      return { sessionPresent: packet.sessionPresent, reasonCode: packet.reasonCode };
    case 3: {
      const { QoS: qos, retain, duplicate: dup, topic, payload, packetIdentifier } = packet;
      const messageId = qos > 0 ? { messageId: packetIdentifier } : {};
      return { qos, retain, dup, topic, payload: Buffer.from(payload), ...messageId };
    }
    case 8:
      return {
        messageId: packet.packetIdentifier,
        subscriptions: packet.items.map(
          ({ topic, QoS: qos, noLocal, retainAsPublished, retainHandling }) => ({
            topic,
            qos,
            nl: noLocal ?? false,
            rap: retainAsPublished ?? false,
            rh: retainHandling ?? 0,
          }),
        ),
      };
    case 9:
    case 11:
      return { messageId: packet.packetIdentifier, granted: packet.reasonCodes };
    case 10:
      return { messageId: packet.packetIdentifier, unsubscriptions: packet.topics };
    case 12:
    case 13:
      return {};
    case 14:
    case 15:
      return { reasonCode: packet.reasonCode };
    default:
      return { messageId: packet.packetIdentifier, reasonCode: packet.reasonCode };
  }
}

function theirConnect(packet: ConnectValue): object {
  const { id: clientId, clean, keepAlive: keepalive, user: username, password, will } = packet;
  const fields: Record<string, unknown> = { protocolVersion: 5, clientId, clean, keepalive };
  if (username !== undefined) fields.username = username;
  if (password) fields.password = Buffer.from(password);
  if (will) {
    const { topic, message, QoS: qos, retain, properties } = will;
    fields.will = { topic, payload: Buffer.from(message), qos, retain, ...theirProperties(properties) };
  }
  return fields;
}
