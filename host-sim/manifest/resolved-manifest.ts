/** Where something stands in a text file; both count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
}

/** A disagreement between manifests and sources. Prints as `file:line: message` (see `printProblem`). */
export interface Problem extends Position {
  readonly message: string;
}

/** XS machine sizes of the manifest's `creation` (Moddable documentation, "manifest", section creation). Bytes for chunk and static, slots of 16 bytes for heap and stack. */
export interface Creation {
  readonly static?: number;
  readonly chunk?: { readonly initial: number; readonly incremental: number };
  readonly heap?: { readonly initial: number; readonly incremental: number };
  readonly stack?: number;
  readonly keys?: {
    readonly initial: number;
    readonly incremental: number;
    readonly name: number;
    readonly symbol: number;
  };
  readonly parser?: { readonly buffer: number; readonly table: number };
  readonly main?: string;
}

/** One firmware manifest with all its includes and one platform applied, as `mcconfig` would merge it. */
export interface ResolvedManifest {
  /** Absolute path of the manifest it began with. */
  readonly path: string;
  /** `esp32`, `esp32/xiao_esp32s3_sense`, `lin` ... */
  readonly platform: string;
  /** Specifier of the module whose default function starts the firmware (`creation.main`). */
  readonly main: string;
  /** Module specifier -> absolute path of its TypeScript file. Specifiers mirror the tree: `device/mqtt/packet-writer`. */
  readonly modules: ReadonlyMap<string, string>;
  /** Specifiers that the included parts of the Moddable SDK provide on this platform: `timer`, `embedded:io/socket/tcp`, ... */
  readonly sdkSpecifiers: ReadonlySet<string>;
  /** Specifiers in `preload`, in order. */
  readonly preload: readonly string[];
  /** What `mc/config` exports. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly creation: Creation;
  /** Where each module and preload line stands, keyed `modules <specifier>` or `preload <specifier>`. */
  readonly positions: ReadonlyMap<string, Position>;
}
