// Codes of the log topic. 100 to 399 are the client's (device/mqtt/mqtt-error.ts), 400 and up the devices'.

/** The sensor does not answer, or delivers nothing. Once for each streak of failures. */
export const SENSOR_UNREADABLE = 400;
/** A reading that cannot be true; it was not published. Once for each streak. */
export const READING_OUT_OF_RANGE = 401;
/** The sensor delivers again. */
export const SENSOR_RECOVERED = 402;
/** A command was refused; nothing changed. */
export const COMMAND_REFUSED = 410;
/** A retained command was ignored: it is not known when it was meant. */
export const COMMAND_RETAINED = 411;
/** No picture could be taken. */
export const CAMERA_FAILED = 420;
/** A picture was taken and did not reach the broker. */
export const PICTURE_NOT_SENT = 421;
/** A motion event was given up. */
export const EVENT_NOT_SENT = 422;
/** Home Assistant was not told of the device. */
export const DISCOVERY_NOT_SENT = 430;
