import { CONNECTION_LOST, CONNECTION_REFUSED, type MQTTError } from "../../mqtt/mqtt-error";
import { UNSUPPORTED_PROTOCOL_VERSION } from "../../mqtt/version-5/reason-code";
import type MQTTClient from "../mqtt-client";
import type { ReliableState } from "../reliable/reliable-state";
import { version3 } from "../version-3";

/** CONNACK return code of a broker of 3.1.1 that does not know the version (table 3.1). */
const UNACCEPTABLE_PROTOCOL_VERSION = 1;

/**
 * Decides on the version of the next attempt. A broker that does not know the one asked for says so, or closes without a word as
 * RabbitMQ does, which may have other reasons too: only when 3.1.1 succeeds the matter is settled, for as long as this client lives.
 * @returns whether the broker said so: then there is nothing to wait for
 */
export function negotiate(state: ReliableState, client: MQTTClient, error: MQTTError): boolean {
  const { preferred, protocol, negotiated } = state;
  if (protocol === version3) {
    // Any word of the broker's in this version is enough.
    if (error.code === CONNECTION_REFUSED && error.returnCode !== UNACCEPTABLE_PROTOCOL_VERSION)
      state.negotiated = true;
    if (!state.negotiated) state.protocol = preferred;
  } else if (error.code === CONNECTION_REFUSED) {
    // The reader makes one of the code of 3.1.1.
    if (error.returnCode !== UNSUPPORTED_PROTOCOL_VERSION) return false;
    state.protocol = version3;
    state.negotiated = true;
    return true;
  } else if (!negotiated && client.asked && error.code === CONNECTION_LOST) state.protocol = version3;
  return false;
}
