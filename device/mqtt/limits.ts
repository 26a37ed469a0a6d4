/** Largest Remaining Length: four bytes of seven bits (MQTT 3.1.1 section 2.2.3). */
export const MAXIMUM_REMAINING_LENGTH = 268_435_455;

/** Largest packet in bytes: type and flags, four bytes of Remaining Length, and what they announce. */
export const MAXIMUM_PACKET_BYTE_LENGTH = 268_435_460;

/** Largest string or binary field in bytes, without its two-byte length (MQTT 3.1.1 section 1.5.3). */
export const MAXIMUM_STRING_BYTE_LENGTH = 65_535;

/** Largest Packet Identifier; 0 is never one (MQTT 3.1.1 section 2.3.1). */
export const MAXIMUM_PACKET_IDENTIFIER = 65_535;

/** Largest Keep Alive in seconds: 18 hours 12 minutes 15 seconds (MQTT 3.1.1 section 3.1.2.10). */
export const MAXIMUM_KEEP_ALIVE = 65_535;

/** Default size in bytes of the reader's scratch: topics up to 252 bytes, SUBACK for up to 254 filters. */
export const DEFAULT_HEADER_BYTE_LENGTH = 256;
