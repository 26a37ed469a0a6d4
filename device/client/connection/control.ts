import type { ControlMessage, MQTTClientOptions } from "../mqtt-client-options";
import { callWritable, startKeepAlive } from "./alive";
import type { Connection } from "./connection";
import { ACCEPTED, step } from "./connection-state";

/** CONNACK has accepted: the session goes on, or begins anew. */
export function accept(connection: Connection, sessionPresent: boolean, message: ControlMessage): void {
  connection.session.resume(sessionPresent);
  step(connection, ACCEPTED);
  startKeepAlive(connection);
  notify(connection, message);
  callWritable(connection);
}

/** Calls `onControl`, in the form that it declares. */
export function notify(connection: Connection, message: ControlMessage): void {
  const { owner } = connection;
  const onControl = connection.callbacks.onControl as MQTTClientOptions["onControl"];
  if (!onControl) return;
  if (onControl.length === 1) (onControl as (message: ControlMessage) => void).call(owner, message);
  else onControl.call(owner, message.operation as never, message);
}
