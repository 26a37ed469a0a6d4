/** Figures of one machine, exact and repeatable. Slots have 16 bytes, as on ESP32. */
export interface MachineStatistics {
  /** Slots in use, garbage included; right after `collectGarbage()` the live ones. */
  readonly slots: number;
  readonly peakSlots: number;
  /** Slots the heap has. */
  readonly slotCapacity: number;
  /** Chunk bytes in use, garbage included. */
  readonly chunkBytes: number;
  readonly peakChunkBytes: number;
  readonly chunkCapacity: number;
  /** Names added since preload. */
  readonly keys: number;
  readonly keyCapacity: number;
  /** Slots of the JavaScript stack. */
  readonly stack: number;
  readonly peakStack: number;
  readonly stackCapacity: number;
  readonly garbageCollections: number;
  /** Metered work: bytecodes run, and what built-ins add for their own. */
  readonly work: number;
  /** Modules loaded by this machine, preloaded ones not counted. */
  readonly modules: number;
  /** Preloaded objects that are not frozen: each costs every machine 4 bytes, and a copy once it is written to. */
  readonly aliases: number;
  /** Bytes of a `static` creation that neither chunks nor slots have taken. */
  readonly arenaFree: number;
}

export const STATISTICS_COUNT = 18;

/** From the numbers of `statistics` in host.c. */
export function readStatistics(values: Float64Array): MachineStatistics {
  const at = (index: number): number => values[index] ?? 0;
  return {
    slots: at(0),
    peakSlots: at(1),
    slotCapacity: at(2),
    chunkBytes: at(3),
    // XS counts a chunk that it lengthens in place a few bytes too long; what it has it has from its capacity.
    peakChunkBytes: Math.min(at(4), at(5)),
    chunkCapacity: at(5),
    keys: at(6),
    keyCapacity: at(7),
    stack: at(8),
    peakStack: at(9),
    stackCapacity: at(10),
    garbageCollections: at(11),
    work: at(12),
    modules: at(13),
    aliases: at(14),
    arenaFree: at(15),
  };
}

/** What one piece of work cost. */
export interface Cost {
  readonly slots: number;
  readonly chunkBytes: number;
  /** slots x 16 + chunkBytes. */
  readonly bytes: number;
  readonly work: number;
  /** A collection in between makes the other figures differences of live heap instead of what was allocated. */
  readonly garbageCollections: number;
}

export function costBetween(before: MachineStatistics, after: MachineStatistics): Cost {
  const slots = after.slots - before.slots;
  const chunkBytes = after.chunkBytes - before.chunkBytes;
  return {
    slots,
    chunkBytes,
    bytes: slots * 16 + chunkBytes,
    work: after.work - before.work,
    garbageCollections: after.garbageCollections - before.garbageCollections,
  };
}
