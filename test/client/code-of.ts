import { MQTTError } from "../../device/mqtt/mqtt-error";

/** The code of the MQTTError that `action` throws. */
export function codeOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof MQTTError) return error.code;
    throw error;
  }
  throw new Error("did not throw");
}
