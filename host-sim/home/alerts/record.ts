/** What an alert tells of. */
export type AlertKind = "motion" | "offline" | "online" | "temperature" | "test";

export const ALERT_KINDS: readonly AlertKind[] = Object.freeze([
  "motion",
  "offline",
  "online",
  "temperature",
  "test",
]);

/** One thing that somebody may want to know at once. */
export interface Alert {
  /** 22 characters of base64url, random: also the push message's Topic and the notification's tag. */
  readonly id: string;
  /** When it was raised, ms since 1970. */
  readonly time: number;
  readonly kind: AlertKind;
  /** A device's id; `camera` or `thermometer` for a topic without one. */
  readonly device: string;
  readonly title: string;
  readonly text: string;
  /** Of a motion event: what its camera counts. */
  readonly sequence?: number | undefined;
  /** The rule that kept it from being sent, for people. */
  readonly suppressed?: string | undefined;
}

/** A browser that takes push messages. Its endpoint and keys are secrets: who has them can send to it. */
export interface Subscription {
  /** Derived from the endpoint: the same browser again is the same subscription. */
  readonly id: string;
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
  /** ms since 1970. */
  readonly created: number;
  /** Who subscribed, where that is known. */
  readonly member?: string | undefined;
}

/** What is known of a device; kept so that a restart neither forgets an outage nor tells of it twice. */
export interface DeviceState {
  /** When `offline` was heard, ms since 1970; `undefined` while it is online. */
  readonly offlineSince?: number | undefined;
  /** Whether that has been raised, and sent. */
  readonly offlineRaised?: "sent" | "suppressed" | undefined;
  /** Whether its temperature is outside the band, and that has been raised. */
  readonly outside?: "low" | "high" | undefined;
}

/** What makes a motion event recognisable when it arrives again. */
export interface EventKey {
  readonly topic: string;
  readonly key: string;
  /** ms since 1970. */
  readonly time: number;
  /** The camera has begun to count anew: what it sent before is forgotten. */
  readonly begins?: boolean | undefined;
}

/** An alert and where it goes: subscriptions' ids, `ntfy`, `webhook`; none when it is suppressed. */
export interface Raised {
  readonly alert: Alert;
  readonly targets: readonly string[];
}

export type Result = "sent" | "retry" | "failed";

/**
 * What the journal holds. Each record is complete in itself: a kill leaves all of it or nothing, so a message's packet
 * identifier, its alert and where the alert goes can never come apart.
 */
export type JournalRecord =
  /** Client Identifier at the broker: its session and this journal belong together. */
  | { readonly type: "client"; readonly id: string }
  /** A QoS 2 PUBLISH was taken; what became of it. `digest`: of topic and payload. */
  | {
      readonly type: "received";
      readonly packetIdentifier: number;
      readonly digest: string;
      readonly key?: EventKey | undefined;
      readonly raised?: Raised | undefined;
    }
  /** Its PUBREL came. */
  | { readonly type: "released"; readonly packetIdentifier: number }
  /** The broker has no session, so no exchange goes on. */
  | { readonly type: "sessionLost" }
  | { readonly type: "raised"; readonly raised: Raised }
  | { readonly type: "device"; readonly device: string; readonly state: DeviceState }
  /** A device's state changed, and that is worth an alert. */
  | {
      readonly type: "deviceRaised";
      readonly device: string;
      readonly state: DeviceState;
      readonly raised: Raised;
    }
  /** Written before each POST. */
  | { readonly type: "attempt"; readonly alert: string; readonly target: string; readonly time: number }
  /** Written after each POST. */
  | {
      readonly type: "result";
      readonly alert: string;
      readonly target: string;
      readonly result: Result;
      readonly time: number;
      /** For people; never an endpoint. */
      readonly reason?: string | undefined;
      /** With `retry`: not before, ms since 1970. */
      readonly notBefore?: number | undefined;
    }
  | { readonly type: "subscribed"; readonly subscription: Subscription }
  | { readonly type: "unsubscribed"; readonly id: string; readonly reason: string }
  /** In a snapshot: an alert with all its deliveries; and what suppresses repetitions. */
  | { readonly type: "entry"; readonly alert: Alert; readonly deliveries: readonly Delivery[] }
  | { readonly type: "lastRaised"; readonly subject: string; readonly time: number }
  | { readonly type: "seen"; readonly key: EventKey };

/** One alert on its way to one target. */
export interface Delivery {
  readonly target: string;
  readonly state: "waiting" | "sent" | "failed";
  /** POSTs begun. */
  readonly attempts: number;
  /** A POST was begun and its result is not known: under way, or cut off by a kill. */
  readonly open: boolean;
  /** Of the last change, ms since 1970. */
  readonly time: number;
  readonly reason?: string | undefined;
  readonly notBefore?: number | undefined;
}
