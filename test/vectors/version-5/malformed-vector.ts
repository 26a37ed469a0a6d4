import { MALFORMED_PACKET, PROTOCOL_ERROR } from "../../../device/mqtt/mqtt-error";

/** Bytes that no server may send, and what the reader makes of them. */
export interface MalformedVector {
  /** Starts with the id of the statement it proves. */
  title: string;
  bytes: number[];
  error: number;
  detail: string;
  /** Request Problem Information was 0. */
  declined?: boolean;
}

export function row(error: number, title: string, detail: string, bytes: number[]): MalformedVector {
  return { title, detail, bytes, error };
}

export function malformed(title: string, detail: string, bytes: number[]): MalformedVector {
  return row(MALFORMED_PACKET, title, detail, bytes);
}

export function protocolError(title: string, detail: string, bytes: number[]): MalformedVector {
  return row(PROTOCOL_ERROR, title, detail, bytes);
}
