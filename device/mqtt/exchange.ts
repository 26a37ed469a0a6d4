import { PUBACK, PUBCOMP, PUBREC, SUBACK, UNSUBACK } from "./control-packet";

/*
 * Outbound exchanges as a table (MQTT 3.1.1 and 5.0 section 4.3). The state of an exchange is the packet that is waited for; the
 * diagram in ARCHITECTURE.md is made from this (test/client/states.test.ts).
 */

/** Nothing is waited for any more: the Packet Identifier is free. */
export const COMPLETE = 0;
/** The packet was not waited for. */
export const UNEXPECTED = -1;

/** Threes: the packet waited for, the packet that arrives, the packet waited for then. */
export const EXCHANGES: readonly number[] = Object.freeze([
  ...[PUBACK, PUBACK, COMPLETE],
  ...[PUBREC, PUBREC, PUBCOMP],
  ...[PUBCOMP, PUBCOMP, COMPLETE],
  // A broker repeats PUBREC after its PUBREL was lost: the exchange is a step further already.
  ...[PUBCOMP, PUBREC, PUBCOMP],
  ...[SUBACK, SUBACK, COMPLETE],
  ...[UNSUBACK, UNSUBACK, COMPLETE],
]);

/**
 * What an exchange waits for next.
 * @param awaited - packet type; 0 when there is no such exchange
 * @returns a packet type, COMPLETE or UNEXPECTED
 */
export function nextAwaited(awaited: number, arrived: number): number {
  for (let index = 0; index < EXCHANGES.length; index += 3)
    if (EXCHANGES[index] === awaited && EXCHANGES[index + 1] === arrived) return EXCHANGES[index + 2]!;
  return UNEXPECTED;
}
