import { CONNECT } from "../../mqtt/control-packet";
import { MAXIMUM_PACKET_IDENTIFIER } from "../../mqtt/limits";
import { encodeString } from "../../mqtt/utf8-string";
import { PacketReader, type PacketReaderOptions } from "../../mqtt/version-5/packet-reader";
import { type ConnectPacket, connectByteLength, writeConnect } from "../../mqtt/version-5/packet-writer";
import { WILL } from "../../mqtt/version-5/property";
import { type ConnectProperties, encodeProperties } from "../../mqtt/version-5/property-writer";
import { addWill, binary, integerIn, invalid, keepAliveOf, text } from "../connection/connect-options";
import type { Connection } from "../connection/connection";
import type { MQTTClientOptions, Will } from "../mqtt-client-options";
import { Version5State } from "./state";

/** Inbound QoS 2 messages that a session holds unless told otherwise: see session.ts. */
const DEFAULT_RECEIVE_MAXIMUM = 256;
const DEFAULT_TOPIC_ALIASES = 8;

/** The properties to announce: the Receive Maximum is never over what the session can hold. */
function propertiesOf(options: MQTTClientOptions): ConnectProperties {
  const { properties = {}, session } = options;
  const most = session ? session.outbound.limit : DEFAULT_RECEIVE_MAXIMUM;
  const receiveMaximum = Math.min(properties.receiveMaximum ?? most, most);
  return { ...properties, receiveMaximum };
}

/** The CONNECT packet of the options, complete (MQTT 5.0 section 3.1). */
export function connectPacket(options: MQTTClientOptions): Uint8Array {
  const { id = "", clean = true, user, password, will } = options;
  const packet: ConnectPacket = {
    id: encodeString(text(id, "id")),
    clean: Boolean(clean),
    keepAlive: Math.ceil(keepAliveOf(options) / 1000),
    properties: encodeProperties(CONNECT, propertiesOf(options)),
  };
  // Unlike in 3.1.1 a password may stand alone.
  if (password !== undefined && password !== null && password !== "")
    packet.password = binary(password, "password");
  if (user !== undefined && user !== null && user !== "") packet.user = encodeString(text(user, "user"));
  if (will !== undefined && will !== null) {
    addWill(packet, will);
    const { properties } = will as Will;
    if (properties) packet.willProperties = encodeProperties(WILL, properties);
  }
  if (options.properties?.authenticationMethod !== undefined && !options.onAuthenticate)
    invalid("authenticationMethod without onAuthenticate");
  const bytes = new Uint8Array(connectByteLength(packet));
  writeConnect(bytes, 0, packet);
  return bytes;
}

export function createReader(options: MQTTClientOptions): PacketReader {
  const { headerByteLength, properties = {} } = options;
  const { maximumPacketSize, topicAliasMaximum, requestProblemInformation } = properties;
  const given = {
    headerByteLength,
    maximumPacketByteLength: maximumPacketSize,
    topicAliasMaximum,
    requestProblemInformation,
  };
  return new PacketReader(given as PacketReaderOptions);
}

export function begin(connection: Connection, options: MQTTClientOptions): void {
  const { properties = {}, topicAliases = DEFAULT_TOPIC_ALIASES } = options;
  connection.version5 = new Version5State(
    propertiesOf(options).receiveMaximum!,
    integerIn(topicAliases, 0, MAXIMUM_PACKET_IDENTIFIER, "topicAliases"),
    properties.authenticationMethod,
    properties.sessionExpiryInterval ?? 0,
    options.session !== undefined,
  );
}
