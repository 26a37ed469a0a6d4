/** Nothing to do until the next `advance`. */
export const WAIT = 0;
/** Send PINGREQ. */
export const PING = 1;
/** The connection is half-open: nothing came in answer to PINGREQ. */
export const LOST = 2;

/** How long a broker may take to answer PINGREQ, ms. */
export const PING_TIMEOUT = 5000;

/** The interval is watched in so many steps: a ping goes out when 7/8 to 8/8 of it have passed without traffic. */
const STEPS = 8;
const NONE = -1;

/**
 * Keep Alive (MQTT 3.1.1 section 3.1.2.10). PINGREQ is due when for the interval nothing was sent ([MQTT-3.1.2-23]), or nothing
 * was received: so a half-open connection is found within interval + PING_TIMEOUT although the client keeps publishing, and
 * none is sent while traffic flows both ways. Has no clock: the owner calls `advance` each `due` ms.
 */
export class KeepAlive {
  /** ms until `advance` shall be called. */
  due: number;
  /** @internal */ readonly step: number;
  /** @internal steps since the last packet sent, and since the last bytes received */
  sentSteps: number;
  /** @internal */ receivedSteps: number;
  /** @internal ms since a PINGREQ that nothing has followed, or NONE */
  unanswered: number;

  /** @param interval - ms, over 0 */
  constructor(interval: number) {
    this.step = Math.max(1, Math.floor(interval / STEPS));
    this.due = this.step;
    this.sentSteps = 0;
    this.receivedSteps = 0;
    this.unanswered = NONE;
  }

  /** A packet has been sent. */
  sent(): void {
    this.sentSteps = 0;
  }

  /** Bytes have been received. */
  received(): void {
    this.receivedSteps = 0;
    this.unanswered = NONE;
  }

  /**
   * `due` ms have passed.
   * @returns WAIT, PING or LOST
   */
  advance(): number {
    this.sentSteps += 1;
    this.receivedSteps += 1;
    if (this.unanswered !== NONE) {
      this.unanswered += this.due;
      if (this.unanswered >= PING_TIMEOUT) return LOST;
    }
    let action = WAIT;
    if (this.sentSteps >= STEPS || this.receivedSteps >= STEPS) {
      action = PING;
      this.sentSteps = 0;
      this.receivedSteps = 0;
      if (this.unanswered === NONE) this.unanswered = 0;
    }
    this.due = this.step;
    if (this.unanswered !== NONE && this.due > PING_TIMEOUT - this.unanswered)
      this.due = PING_TIMEOUT - this.unanswered;
    return action;
  }
}
