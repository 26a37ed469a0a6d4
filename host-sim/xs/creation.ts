/** Sizes of a machine, as `creation` of a Moddable manifest has them. One slot is 16 bytes. */
export interface Creation {
  /** Bytes of the one arena that chunks and slots share, as on ESP32; 0: each grows by its increment. */
  readonly static?: number;
  /** Bytes of strings, buffers and bytecode. */
  readonly chunk: { readonly initial: number; readonly incremental: number };
  /** Slots. */
  readonly heap: { readonly initial: number; readonly incremental: number };
  /** Slots of the JavaScript stack. */
  readonly stack: number;
  readonly keys: {
    readonly initial: number;
    readonly incremental: number;
    readonly name?: number;
    readonly symbol?: number;
  };
  readonly parser?: { readonly buffer: number; readonly table: number };
}

/** What manifests/include/base.json asks for on ESP32. */
export const ESP32_CREATION: Creation = {
  static: 0,
  chunk: { initial: 16_384, incremental: 1_024 },
  heap: { initial: 768, incremental: 64 },
  stack: 384,
  keys: { initial: 32, incremental: 32, name: 53, symbol: 3 },
};

/** Room for tests with chai and for what is preloaded; no device has it. */
export const LARGE_CREATION: Creation = {
  chunk: { initial: 1_048_576, incremental: 262_144 },
  heap: { initial: 65_536, incremental: 16_384 },
  stack: 8_192,
  keys: { initial: 2_048, incremental: 1_024, name: 1_993, symbol: 127 },
};

/** The fields of XS's txCreation, in its order. */
export function creationFields(creation: Creation): number[] {
  const { chunk, heap, stack, keys, parser } = creation;
  return [
    chunk.initial,
    chunk.incremental,
    heap.initial,
    heap.incremental,
    stack,
    keys.initial,
    keys.incremental,
    keys.name ?? 53,
    keys.symbol ?? 3,
    parser?.buffer ?? 1_024,
    parser?.table ?? 17,
    creation.static ?? 0,
  ];
}
