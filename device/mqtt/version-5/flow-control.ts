import { MAXIMUM_PACKET_IDENTIFIER } from "../limits";

/** Receive Maximum of a side that tells none (MQTT 5.0 sections 3.1.2.11.3 and 3.2.2.3.3). */
export const DEFAULT_RECEIVE_MAXIMUM: number = MAXIMUM_PACKET_IDENTIFIER;

/**
 * Counts the QoS 1 and 2 messages that are on their way in both directions of one connection (MQTT 5.0 section 4.9). Begins anew
 * with each connection: the send quota does not survive it.
 */
export class FlowControl {
  /** Messages that may be sent now; none when it is 0 or less ([MQTT-4.9.0-2]). */
  sendQuota: number;
  /** @internal the server's Receive Maximum */ sendMaximum: number;
  /** @internal this client's Receive Maximum */ readonly receiveMaximum: number;
  /** @internal messages received whose exchange has not ended */ received: number;

  /** @param receiveMaximum - that CONNECT announces, 1 to 65,535 */
  constructor(receiveMaximum: number) {
    this.sendMaximum = DEFAULT_RECEIVE_MAXIMUM;
    this.sendQuota = DEFAULT_RECEIVE_MAXIMUM;
    this.receiveMaximum = receiveMaximum;
    this.received = 0;
  }

  /** @param receiveMaximum - of CONNACK: the initial send quota ([MQTT-4.9.0-1]) */
  begin(receiveMaximum: number): void {
    this.sendMaximum = receiveMaximum;
    this.sendQuota = receiveMaximum;
    this.received = 0;
  }

  /**
   * A PUBLISH goes out; or a PUBREL of an exchange that an earlier connection had begun, which does not wait for quota but
   * counts: so the quota may fall below 0.
   */
  sent(): void {
    this.sendQuota -= 1;
  }

  /** PUBACK, PUBCOMP, or a PUBREC of failure: the exchange has ended. */
  ended(): void {
    if (this.sendQuota < this.sendMaximum) this.sendQuota += 1;
  }

  /** A PUBLISH arrived. @returns whether the server was allowed to send it ([MQTT-3.3.4-9]) */
  receive(): boolean {
    this.received += 1;
    return this.received <= this.receiveMaximum;
  }

  /** PUBACK, PUBCOMP, or a PUBREC of failure goes out. Of an exchange that an earlier connection had begun nothing was counted. */
  answered(): void {
    if (this.received > 0) this.received -= 1;
  }
}
