import { type WebAssemblyMemory, type WebAssemblyModule, webAssembly } from "./web-assembly";

/** What the compiled engine exports; the files in c/ say what each does. Addresses are numbers. */
export interface EngineExports {
  readonly memory: WebAssemblyMemory;
  _initialize(): void;
  allocate(size: number): number;
  release(address: number): void;
  resultAddress(): number;
  resultLength(): number;
  createMachine(identifier: number, creation: number, name: number, lines: number): number;
  cloneMachine(identifier: number, creation: number, root: number, name: number): number;
  deleteMachine(machine: number): void;
  shareMachine(machine: number): number;
  collectGarbage(machine: number): number;
  runJobs(machine: number): number;
  setMeterLimit(machine: number, limit: number): void;
  abortStatus(machine: number): number;
  slotByteLength(): number;
  keepBuiltInsOpen(machine: number): void;
  statistics(machine: number, values: number): void;
  resetPeaks(machine: number): void;
  measureModule(machine: number, path: number, source: number, length: number, sizes: number): number;
  importModule(machine: number, specifier: number): number;
  callFunction(
    machine: number,
    reference: number,
    instance: number,
    message: number,
    wantsResult: number,
  ): number;
  getProperty(machine: number, reference: number, name: number): number;
  releaseReference(reference: number): void;
  retainThis(machine: number): number;
  createHostObject(machine: number, handle: number): number;
  unbindReference(reference: number): number;
  serveDebugger(machine: number): number;
  reportAbort(machine: number, status: number): void;
  describeInstrumentation(machine: number): void;
  sampleInstrumentation(machine: number): void;
}

/** What the engine imports: text comes as address and length, `call` returns an address from `allocate` or 0. */
export interface EngineImports {
  report(identifier: number, address: number, length: number): void;
  date(identifier: number): number;
  random(identifier: number): number;
  findModule(
    identifier: number,
    address: number,
    length: number,
    importer: number,
    importerLength: number,
  ): number;
  loadModule(identifier: number, address: number, length: number): number;
  bind(identifier: number, address: number, length: number): number;
  call(
    identifier: number,
    index: number,
    instance: number,
    construct: number,
    address: number,
    length: number,
  ): number;
  drop(identifier: number, handle: number): void;
  debugConnect(identifier: number): number;
  debugDisconnect(identifier: number): void;
  debugReadable(identifier: number): number;
  debugReceive(identifier: number, address: number, size: number): number;
  debugSend(identifier: number, address: number, length: number): void;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The engine's memory and functions. */
export class EngineInstance {
  readonly exports: EngineExports;

  constructor(module: WebAssemblyModule, imports: EngineImports) {
    const refuse = (): number => 52; // ENOSYS: nothing of the engine reads or writes files
    const wasi = { fd_close: refuse, fd_seek: refuse, fd_write: refuse };
    const instance = new webAssembly.Instance(module, {
      host: { ...imports },
      wasi_snapshot_preview1: wasi,
    });
    this.exports = instance.exports as unknown as EngineExports;
    this.exports._initialize();
  }

  /** A view that later allocations may make stale: use it at once. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, address, length);
  }

  text(address: number, length: number): string {
    return decoder.decode(this.bytes(address, length));
  }

  /** What the last turn left as its result: a copy. */
  result(): Uint8Array {
    return this.bytes(this.exports.resultAddress(), this.exports.resultLength()).slice();
  }

  allocate(bytes: Uint8Array): number {
    const address = this.exports.allocate(Math.max(1, bytes.length));
    if (address === 0) throw new Error("the engine's memory is exhausted");
    this.bytes(address, bytes.length).set(bytes);
    return address;
  }

  /** Zero-terminated; released by the caller or by the engine. */
  allocateText(text: string): number {
    return this.allocate(Buffer.from(`${text}\0`, "utf8"));
  }

  /** Gives `use` the address of a copy of `bytes`. */
  lend<T>(bytes: Uint8Array, use: (address: number) => T): T {
    const address = this.allocate(bytes);
    try {
      return use(address);
    } finally {
      this.exports.release(address);
    }
  }

  lendText<T>(text: string, use: (address: number) => T): T {
    return this.lend(Buffer.from(`${text}\0`, "utf8"), use);
  }
}
