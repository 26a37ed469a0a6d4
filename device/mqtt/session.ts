import { PUBACK, PUBCOMP, PUBREC, SUBACK, SUBSCRIBE, UNSUBACK } from "./control-packet";
import { COMPLETE, nextAwaited, UNEXPECTED } from "./exchange";
import { InFlight } from "./in-flight";
import { MAXIMUM_PACKET_IDENTIFIER } from "./limits";
import { INVALID_PACKET_IDENTIFIER, mqttError, NO_PACKET_IDENTIFIER } from "./mqtt-error";

// States of outbound identifiers: the packet that is waited for. Acknowledgements are told apart by them.
const RECEIVED = 1;

/** Default of the most outbound packets in flight, and the most inbound QoS 2 messages not yet released. */
const DEFAULT_LIMIT = 256;

/**
 * What a client must remember beyond one connection (MQTT 3.1.1 section 4.1), without the messages themselves: Packet
 * Identifiers, how far each outbound QoS 1 and 2 exchange has come, and which inbound QoS 2 messages have been delivered.
 * Does no I/O and knows no time.
 */
export class Session {
  /** @internal */ readonly outbound: InFlight;
  /** @internal Missing until a QoS 2 message has arrived. */ declare inbound?: InFlight;
  /** @internal */ last: number;

  /** @param limit - most outbound, and most inbound QoS 2, exchanges at a time; 1 to 65,535; default 256 */
  constructor(limit: number = DEFAULT_LIMIT) {
    this.outbound = new InFlight(limit);
    this.last = 0;
  }

  /** Outbound packets that wait for an acknowledgement. */
  get inFlight(): number {
    return this.outbound.count;
  }

  /** Whether the identifier belongs to an outbound exchange that is not complete. */
  isInFlight(packetIdentifier: number): boolean {
    return this.outbound.has(packetIdentifier);
  }

  /** Whether no further outbound exchange can begin. */
  get isFull(): boolean {
    return this.outbound.count >= this.outbound.limit;
  }

  /**
   * The next identifier: never 0, never one in flight ([MQTT-2.3.1-1], [MQTT-2.3.1-2]). Follows 65,535 with 1.
   * @throws {MQTTError} NO_PACKET_IDENTIFIER
   */
  nextPacketIdentifier(): number {
    let { last } = this;
    if (this.outbound.count >= MAXIMUM_PACKET_IDENTIFIER)
      throw mqttError(NO_PACKET_IDENTIFIER, "all Packet Identifiers are in flight");
    do last = last < MAXIMUM_PACKET_IDENTIFIER ? last + 1 : 1;
    while (this.outbound.has(last));
    this.last = last;
    return last;
  }

  /**
   * A PUBLISH with QoS 1 or 2 goes out, for the first time or again.
   * @throws {MQTTError} INVALID_PACKET_IDENTIFIER when another exchange has it, IN_FLIGHT_FULL
   */
  publish(packetIdentifier: number, QoS: number, duplicate: boolean): void {
    begin(this, packetIdentifier, QoS === 1 ? PUBACK : PUBREC, duplicate);
  }

  /**
   * A PUBLISH with QoS 1 or 2 goes out with the next identifier, which is returned.
   * @throws {MQTTError} NO_PACKET_IDENTIFIER, IN_FLIGHT_FULL
   */
  publishNext(QoS: number): number {
    const packetIdentifier = this.nextPacketIdentifier();
    this.outbound.set(packetIdentifier, QoS === 1 ? PUBACK : PUBREC);
    return packetIdentifier;
  }

  /** A SUBSCRIBE or UNSUBSCRIBE goes out. Throws what `publish` throws. */
  request(packetIdentifier: number, operation: number): void {
    begin(this, packetIdentifier, operation === SUBSCRIBE ? SUBACK : UNSUBACK, false);
  }

  /**
   * PUBACK, PUBREC, PUBCOMP, SUBACK or UNSUBACK arrived. PUBREC moves its exchange on to PUBREL and PUBCOMP, the others end
   * theirs ([MQTT-4.3.2-1], [MQTT-4.3.3-1]).
   * @returns whether it was waited for; one that was not changes nothing
   */
  acknowledge(operation: number, packetIdentifier: number): boolean {
    const next = nextAwaited(this.outbound.stateOf(packetIdentifier), operation);
    if (next === UNEXPECTED) return false;
    if (next === COMPLETE) this.outbound.remove(packetIdentifier);
    else this.outbound.set(packetIdentifier, next);
    return true;
  }

  /** A PUBREL goes out by the hand of the application: PUBCOMP is waited for. Throws IN_FLIGHT_FULL. */
  releaseOutbound(packetIdentifier: number): void {
    this.outbound.set(packetIdentifier, PUBCOMP);
  }

  /** The identifier is free: its message will not be sent again. */
  forget(packetIdentifier: number): void {
    this.outbound.remove(packetIdentifier);
  }

  /** Whether an inbound QoS 2 message is a duplicate of one delivered and not yet released ([MQTT-4.3.3-2]). */
  isReceived(packetIdentifier: number): boolean {
    return this.inbound?.has(packetIdentifier) ?? false;
  }

  /**
   * An inbound QoS 2 message has been delivered: PUBREC may be sent.
   * @throws {MQTTError} IN_FLIGHT_FULL
   */
  receive(packetIdentifier: number): void {
    this.inbound ??= new InFlight(this.outbound.limit);
    this.inbound.set(packetIdentifier, RECEIVED);
  }

  /** PUBREL arrived: the identifier may be used for another message. An unknown one is answered with PUBCOMP all the same. */
  release(packetIdentifier: number): void {
    this.inbound?.remove(packetIdentifier);
  }

  /**
   * A connection has been accepted. Subscriptions asked for on the one before are not waited for any longer; without
   * a session at the broker nothing is (MQTT 3.1.1 section 3.2.2.2).
   */
  resume(sessionPresent: boolean): void {
    if (sessionPresent) {
      this.outbound.removeState(SUBACK);
      this.outbound.removeState(UNSUBACK);
    } else {
      this.outbound.clear();
      this.inbound?.clear();
    }
  }
}

function begin(session: Session, packetIdentifier: number, awaited: number, again: boolean): void {
  if (!again && session.outbound.has(packetIdentifier))
    throw mqttError(INVALID_PACKET_IDENTIFIER, `Packet Identifier ${packetIdentifier} is in flight`);
  session.outbound.set(packetIdentifier, awaited);
}
