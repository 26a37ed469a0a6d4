import { writeSubscribe, writeUnsubscribe } from "../../mqtt/version-5/packet-writer";
import { encodeProperties, type SentProperties } from "../../mqtt/version-5/property-writer";
import { QUOTA_EXCEEDED } from "../../mqtt/version-5/reason-code";
import { encodeTopicFilter } from "../../mqtt/version-5/topic";
import type { Protocol } from "../protocol";
import { begin, connectPacket, createReader } from "./connect-packet";
import { admit, control, describe } from "./control";
import { login } from "./login";
import { accepted, OVERHEAD, prospects, refusal, sendRecord, subscriptionRefusal } from "./reliable";
import {
  part,
  publishByteLength,
  subscribeByteLength,
  unsubscribeByteLength,
  writeAcknowledgement,
  writeControl,
  writePublishHeader,
} from "./transmit";

/**
 * MQTT 5.0, for the option `protocol` of `MQTTClient` and `ReliableClient`. Nothing of it is in a firmware that does not import
 * this module.
 *
 * ```ts
 * import { version5 } from "./client/version-5/version-5";
 *
 * const client = new ReliableClient({ protocol: version5, properties: { sessionExpiryInterval: 3600 }, ... });
 * ```
 */
export const version5: Protocol = Object.freeze({
  version: 5,
  overhead: OVERHEAD,
  skippedReasonCode: QUOTA_EXCEEDED,
  connectPacket,
  createReader,
  begin,
  encodeTopicFilter,
  encodeProperties: (packet: number, values: object): Uint8Array =>
    encodeProperties(packet as keyof SentProperties, values as SentProperties[keyof SentProperties]),
  publishByteLength,
  writePublishHeader,
  writeAcknowledgement,
  subscribeByteLength,
  writeSubscribe,
  unsubscribeByteLength,
  writeUnsubscribe,
  writeControl,
  login,
  control,
  admit,
  describe,
  part,
  prospects,
  accepted,
  refusal,
  subscriptionRefusal,
  sendRecord,
});
