import Timer from "timer";
import { LOST, PING } from "../../mqtt/keep-alive";
import { KEEP_ALIVE_TIMEOUT, mqttError } from "../../mqtt/mqtt-error";
import type { Connection } from "./connection";
import { CONNECTED } from "./connection-state";
import { finish } from "./lifecycle";
import { ping, writableCount } from "./transmit";

/** Tells the application how much it may write, when it may. */
export function callWritable(connection: Connection): void {
  const count = writableCount(connection);
  if (connection.state === CONNECTED && count > 0)
    connection.callbacks.onWritable?.call(connection.owner, count);
}

/** From CONNACK on the timer serves Keep Alive. */
export function startKeepAlive(connection: Connection): void {
  const { keepAlive } = connection;
  Timer.clear(connection.timer);
  connection.timer = undefined;
  if (!keepAlive) return;
  // With the connection on the timer itself the callback needs no closure of 160 bytes.
  const timer = Timer.repeat(tick as (timer: Timer) => void, keepAlive.due) as KeepAliveTimer;
  timer.connection = connection;
  connection.timer = timer;
}

type KeepAliveTimer = Timer & { connection: Connection };

function tick({ connection }: KeepAliveTimer): void {
  const keepAlive = connection.keepAlive!;
  // An answer may stand behind what the application has not read yet. (Behind acknowledgements that the socket does not take
  // nothing is excused: a socket that died so tells of it only when it has been read empty.)
  if (connection.available > 0 && connection.readable > 0) keepAlive.received();
  const action = keepAlive.advance();
  if (action === LOST) {
    finish(connection, mqttError(KEEP_ALIVE_TIMEOUT, "the broker did not answer PINGREQ"));
    return;
  }
  Timer.schedule(connection.timer!, keepAlive.due, keepAlive.due);
  if (action === PING) ping(connection);
}
