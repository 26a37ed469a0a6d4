import { ReasonError } from "../../mqtt/version-5/mqtt-error";
import type { PacketReader } from "../../mqtt/version-5/packet-reader";
import { REASON_STRING, SERVER_REFERENCE } from "../../mqtt/version-5/property";

/** An error with what the broker's packet says. */
export function reasonError(code: number, detail: string, reader: PacketReader): ReasonError {
  const { reasonCode, properties } = reader;
  const text = `${detail} with Reason Code 0x${reasonCode.toString(16)}`;
  return new ReasonError(
    code,
    text,
    reasonCode,
    properties.get(REASON_STRING),
    properties.get(SERVER_REFERENCE),
  );
}
