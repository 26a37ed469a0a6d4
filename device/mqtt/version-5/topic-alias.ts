/** Topics up to here, with their two-byte length, are not longer than the property that would stand for them. */
const SHORT_TOPIC_BYTE_LENGTH = 5;

/**
 * Topic Aliases of what a client publishes (MQTT 5.0 section 3.3.2.3.4): those topics have one that were used last.
 * Holds on to the encoded topics given to it, which must not change; compares them by content.
 *
 * ```ts
 * const alias = aliases.find(topic);            // 0: must be sent in full
 * if (alias > 0) end = writePublishHeader(buffer, 0, undefined, byteLength, QoS, retain, false, id, alias);
 * else end = writePublishHeader(buffer, 0, topic, byteLength, QoS, retain, false, id, aliases.assign(topic));
 * ```
 */
export class OutboundTopicAliases {
  /** Most aliases this side uses, whatever the server allows. */
  readonly limit: number;
  /** @internal What server and limit allow on this connection. */ maximum: number;
  /** @internal Last used first. */ readonly topics: Uint8Array[];
  /** @internal The aliases of `topics`. */ readonly aliases: number[];

  /** @param limit - 0 to 65,535; each takes about 40 bytes and keeps a topic */
  constructor(limit: number) {
    this.limit = limit;
    this.maximum = 0;
    this.topics = [];
    this.aliases = [];
  }

  /**
   * A connection begins: aliases of the one before mean nothing any more ([MQTT-3.3.2-7]).
   * @param topicAliasMaximum - of the CONNACK; without one it is 0: no aliases ([MQTT-3.2.2-17], [MQTT-3.2.2-18])
   */
  reset(topicAliasMaximum: number): void {
    this.maximum = Math.min(topicAliasMaximum, this.limit);
    this.topics.length = 0;
    this.aliases.length = 0;
  }

  /**
   * The alias that stands for a topic on this connection, and counts as a use of it.
   * @param topic - Topic Name, prefixed
   * @returns 0 when it has none
   */
  find(topic: Uint8Array): number {
    const { topics, aliases } = this;
    for (let index = 0; index < topics.length; index++) {
      if (!isSame(topics[index]!, topic)) continue;
      const alias = aliases[index]!;
      toFront(topics, index);
      toFront(aliases, index);
      topics[0] = topic;
      aliases[0] = alias;
      return alias;
    }
    return 0;
  }

  /** Whether `assign` would give the topic an alias. */
  mayAssign(topic: Uint8Array): boolean {
    return this.maximum > 0 && topic.length > SHORT_TOPIC_BYTE_LENGTH;
  }

  /**
   * Gives a topic an alias, if need be that of the topic whose last use is longest ago. Ask only when the PUBLISH that
   * tells the server (topic and alias) is certain to be sent, and `find` has returned 0.
   * @returns 0 when the topic shall have none: no alias is allowed, or the topic is as short as one
   */
  assign(topic: Uint8Array): number {
    const { topics, aliases, maximum } = this;
    if (!this.mayAssign(topic)) return 0;
    let last = topics.length;
    let alias = last + 1;
    if (last === maximum) alias = aliases[--last]!;
    else {
      topics.push(topic);
      aliases.push(alias);
    }
    toFront(topics, last);
    toFront(aliases, last);
    topics[0] = topic;
    aliases[0] = alias;
    return alias;
  }
}

/** What XS needs for an entry besides its bytes. */
const ENTRY_BYTE_LENGTH = 128;

/**
 * Topics that the server's aliases stand for, on one connection. Memory is bounded in bytes, whatever the server sends.
 */
export class InboundTopicAliases {
  /** Topic Alias Maximum that the server is told. */
  readonly maximum: number;
  /** Most bytes of memory. */
  readonly limit: number;
  /** Bytes of memory in use: 128 an alias, and its topic. */
  byteLength: number;
  /** @internal */ readonly aliases: number[];
  /** @internal The topics of `aliases`, prefixed. */ readonly topics: Uint8Array[];

  /**
   * @param maximum - Topic Alias Maximum, 0 to 65,535
   * @param limit - bytes
   */
  constructor(maximum: number, limit: number) {
    this.maximum = maximum;
    this.limit = limit;
    this.byteLength = 0;
    this.aliases = [];
    this.topics = [];
  }

  /** The topic of an alias, with its two-byte length; undefined when the server has not told it. */
  get(alias: number): Uint8Array | undefined {
    const index = this.aliases.indexOf(alias);
    return index < 0 ? undefined : this.topics[index];
  }

  /**
   * From now on `alias` stands for the topic bytes[0, end), two-byte length included, which is copied.
   * @param alias - 1 to `maximum` ([MQTT-3.3.2-10])
   * @returns false when there is no room for it
   */
  set(alias: number, bytes: Uint8Array, end: number): boolean {
    const { aliases, topics } = this;
    let index = aliases.indexOf(alias);
    const added = index < 0 ? ENTRY_BYTE_LENGTH + end : end - topics[index]!.length;
    if (this.byteLength + added > this.limit) return false;
    this.byteLength += added;
    if (index < 0) index = aliases.push(alias) - 1;
    // A server may repeat the topic with each message: nothing is allocated for that.
    if (added !== 0) topics[index] = bytes.slice(0, end);
    else for (let at = 0, old = topics[index]!; at < end; at++) old[at] = bytes[at]!;
    return true;
  }

  /** The connection is over, and its aliases with it ([MQTT-3.3.2-7]). */
  clear(): void {
    this.aliases.length = 0;
    this.topics.length = 0;
    this.byteLength = 0;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one === other) return true;
  let index = one.length;
  // Backwards: topics of one home differ at the end. Those of different lengths differ in the bytes that tell them.
  while (--index >= 0) if (one[index] !== other[index]) return false;
  return true;
}

/** Moves all before `index` one place on. */
function toFront(list: unknown[], index: number): void {
  if (index > 0) list.copyWithin(1, 0, index);
}
