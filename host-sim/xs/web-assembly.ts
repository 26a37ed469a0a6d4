/** The part of WebAssembly that the engine needs; neither ES2022's nor Node's types declare it. */
export interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
}

export interface WebAssemblyInstance {
  readonly exports: object;
}

declare const compiled: unique symbol;

/** A compiled module. */
export interface WebAssemblyModule {
  readonly [compiled]: true;
}

interface WebAssemblyAPI {
  compile(bytes: Uint8Array): Promise<WebAssemblyModule>;
  Instance: new (
    module: WebAssemblyModule,
    imports: Record<string, Record<string, unknown>>,
  ) => WebAssemblyInstance;
}

export const webAssembly: WebAssemblyAPI = (globalThis as unknown as { WebAssembly: WebAssemblyAPI })
  .WebAssembly;
