import { mqttError, PACKET_TOO_LARGE } from "../../mqtt/mqtt-error";
import type MQTTClient from "../mqtt-client";
import type { ReadableOptions } from "../mqtt-client-options";
import type { ReliableState } from "./reliable-state";

/** Reads a piece of a message; a whole one goes to the application, one over the limit is reported in its place. */
export function takePiece(
  state: ReliableState,
  client: MQTTClient,
  count: number,
  options: ReadableOptions,
): void {
  const { message, callbacks, owner } = state;
  if (options.topic !== undefined) {
    state.topic = options.topic;
    state.QoS = options.QoS!;
    state.retain = options.retain!;
    state.byteLength = options.byteLength!;
    // A view of what the reader keeps until the next packet begins.
    state.properties = options.properties;
    state.position = 0;
  }
  const fits = state.byteLength <= message.length;
  if (fits) {
    client.read(message.subarray(state.position, state.position + count));
    state.position += count;
  } else discard(client, message, count);
  if (options.more) return;
  const { topic, QoS, retain, byteLength } = state;
  state.topic = "";
  if (fits) {
    const payload = message.subarray(0, byteLength);
    callbacks.onMessage?.call(owner, topic, payload, QoS, retain, state.properties);
  } else {
    const detail = `a message of ${byteLength} bytes on ${topic} was skipped: messageByteLength is ${message.length}`;
    callbacks.onError?.call(owner, mqttError(PACKET_TOO_LARGE, detail));
  }
}

function discard(client: MQTTClient, scratch: Uint8Array, count: number): void {
  let left = count;
  while (left > 0) left -= client.read(scratch.subarray(0, left)) ?? left;
}
