/*
 * Delivery classes: what becomes of a message that cannot be sent at once. Given to `ReliableClient.publish`.
 * The fourth class, stream, is `ReliableClient.stream`: pieces, never stored.
 */

/** Of the messages of one topic that wait through an outage, only the newest survives. For states and readings. */
export const LATEST = 0;
/** Worth sending until its deadline, then dropped. For commands and their echoes. */
export const DEADLINE = 1;
/** Never makes room for another; refused when there is no room for it. For events and alarms. */
export const MUST = 2;

/** LATEST, DEADLINE or MUST. */
export type Delivery = typeof LATEST | typeof DEADLINE | typeof MUST;
