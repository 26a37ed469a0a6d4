import fc from "fast-check";
import type { MQTTClientOptions } from "../../device/client/mqtt-client";
import { version5 } from "../../device/client/version-5/version-5";
import type { Version } from "./arbitraries/stream";

/*
 * How a client asks for a connection, and the CONNACK that accepts it.
 */

/** What a case says of a 5.0 client and its server. */
export interface Login5 {
  /** Index of the CONNACK of the server. */
  connack: number;
  // Properties of CONNECT; 0 is what a client that says nothing means.
  topicAliasMaximum: number;
  maximumPacketSize: number;
  receiveMaximum: number;
  requestProblemInformation: 0 | 1;
  /** CONNECT has the Authentication Method "M", which is that of the vectors. */
  method: boolean;
  /** Topic Aliases that the client uses. */
  topicAliases: number;
}

/** Properties of a CONNACK that accepts, each with something else that the client has to heed. */
const CONNACK_PROPERTIES: readonly (readonly number[])[] = [
  [],
  [0x21, 0x00, 0x01], // Receive Maximum 1
  [0x24, 0x00], // Maximum QoS 0
  [0x24, 0x01, 0x25, 0x00], // Maximum QoS 1, Retain Available: no
  [0x22, 0x00, 0x03], // Topic Alias Maximum 3
  [0x27, 0x00, 0x00, 0x00, 0x18], // Maximum Packet Size 24
  [0x12, 0x00, 0x02, 0x69, 0x64], // Assigned Client Identifier "id"
  [0x28, 0x00, 0x29, 0x00, 0x2a, 0x00], // neither wildcards nor identifiers nor shared subscriptions
];

/** @param login - `undefined` for 3.1.1 */
export function connackOf(login: Login5 | undefined, sessionPresent: boolean = false): number[] {
  const flags = sessionPresent ? 1 : 0;
  if (!login) return [0x20, 0x02, flags, 0x00];
  const method = login.method ? [0x15, 0x00, 0x01, 0x4d] : [];
  const properties = [...CONNACK_PROPERTIES[login.connack]!, ...method];
  return [0x20, 3 + properties.length, flags, 0x00, properties.length, ...properties];
}

/** Options of either client. */
export function optionsOf(
  login: Login5 | undefined,
): Pick<MQTTClientOptions, "protocol" | "properties" | "topicAliases"> {
  if (!login) return {};
  const { topicAliasMaximum, maximumPacketSize, receiveMaximum, requestProblemInformation, method } = login;
  return {
    protocol: version5,
    topicAliases: login.topicAliases,
    properties: {
      ...(topicAliasMaximum > 0 ? { topicAliasMaximum } : {}),
      ...(maximumPacketSize > 0 ? { maximumPacketSize } : {}),
      ...(receiveMaximum > 0 ? { receiveMaximum } : {}),
      ...(requestProblemInformation === 0 ? { requestProblemInformation } : {}),
      ...(method ? { authenticationMethod: "M" } : {}),
    },
  };
}

const login5: fc.Arbitrary<Login5> = fc.record({
  connack: fc.oneof(fc.constant(0), fc.nat(CONNACK_PROPERTIES.length - 1)),
  topicAliasMaximum: fc.constantFrom(0, 1, 10, 65_535),
  maximumPacketSize: fc.constantFrom(0, 0, 0, 100),
  receiveMaximum: fc.constantFrom(0, 0, 0, 2),
  requestProblemInformation: fc.constantFrom(1 as const, 1 as const, 0 as const),
  method: fc.constantFrom(false, false, false, true),
  topicAliases: fc.constantFrom(0, 1, 8),
});

export function loginOf(version: Version): fc.Arbitrary<Login5 | undefined> {
  return version === 5 ? login5 : fc.constant(undefined);
}
