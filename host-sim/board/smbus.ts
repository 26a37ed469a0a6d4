import type { ByteBuffer, I2C, I2CConstructor, I2COptions } from "./i2c";
import { bytesOf, makeError, type Realm } from "./realm";

export interface SMBusOptions extends I2COptions {
  /** Whether a STOP follows the register number; no effect on the ESP32, nor here. */
  stop?: boolean | undefined;
}

/** ECMA-419 section 10.3: registers of 8 and 16 bits over I2C; 16 bits are little-endian unless asked otherwise. */
export interface SMBus {
  format: "buffer";
  readUint8(register: number): number;
  writeUint8(register: number, value: number): void;
  readUint16(register: number, bigEndian?: boolean): number;
  writeUint16(register: number, value: number, bigEndian?: boolean): void;
  readBuffer(register: number, byteLength: number): ArrayBuffer;
  readBuffer(register: number, buffer: ByteBuffer): number;
  writeBuffer(register: number, buffer: ByteBuffer): void;
  sendByte(command: number): void;
  receiveByte(): number;
  readQuick(): void;
  writeQuick(): void;
  read(byteLength: number, stop?: boolean): ArrayBuffer;
  read(buffer: ByteBuffer, stop?: boolean): number;
  write(buffer: ByteBuffer, stop?: boolean): number | undefined;
  writeRead(buffer: ByteBuffer, byteLength: number, stop?: boolean): ArrayBuffer;
  writeRead(buffer: ByteBuffer, into: ByteBuffer, stop?: boolean): number;
  close(): void;
}

export interface SMBusConstructor {
  new (options: SMBusOptions): SMBus;
}

/** `SMBus` of one board, on that board's `I2C`. */
export function createSMBus(I2CClass: I2CConstructor, currentRealm: () => Realm): SMBusConstructor {
  class SMBus {
    #io: I2C | undefined;

    constructor(options: SMBusOptions) {
      this.#io = new I2CClass(options);
    }

    readUint8(register: number): number {
      return this.#read(register, 1)[0] as number;
    }

    readUint16(register: number, bigEndian?: boolean): number {
      const [first = 0, second = 0] = this.#read(register, 2);
      return bigEndian ? (first << 8) | second : (second << 8) | first;
    }

    readBuffer(register: number, byteLength: number): ArrayBuffer;
    readBuffer(register: number, buffer: ByteBuffer): number;
    readBuffer(register: number, into: number | ByteBuffer): ArrayBuffer | number {
      return this.#open().writeRead(Uint8Array.of(register), into as ByteBuffer);
    }

    writeUint8(register: number, value: number): void {
      this.#open().write(Uint8Array.of(register, value));
    }

    writeUint16(register: number, value: number, bigEndian?: boolean): void {
      const high = value >> 8;
      this.#open().write(
        bigEndian ? Uint8Array.of(register, high, value) : Uint8Array.of(register, value, high),
      );
    }

    writeBuffer(register: number, buffer: ByteBuffer): void {
      const realm = currentRealm();
      if (ArrayBuffer.isView(buffer) && "BYTES_PER_ELEMENT" in buffer && Number(buffer.BYTES_PER_ELEMENT) > 1)
        throw makeError(realm, "TypeError");
      this.#open().write(Uint8Array.of(register, ...bytesOf(realm, buffer)));
    }

    sendByte(command: number): void {
      this.#open().write(Uint8Array.of(command));
    }

    receiveByte(): number {
      return new Uint8Array(this.#open().read(1))[0] as number;
    }

    readQuick(): void {
      this.#open().read(0);
    }

    writeQuick(): void {
      this.#open().write(new Uint8Array(0));
    }

    read(byteLength: number, stop?: boolean): ArrayBuffer;
    read(buffer: ByteBuffer, stop?: boolean): number;
    read(into: number | ByteBuffer): ArrayBuffer | number {
      return this.#open().read(into as ByteBuffer);
    }

    write(buffer: ByteBuffer): number | undefined {
      return this.#open().write(buffer);
    }

    writeRead(buffer: ByteBuffer, byteLength: number, stop?: boolean): ArrayBuffer;
    writeRead(buffer: ByteBuffer, into: ByteBuffer, stop?: boolean): number;
    writeRead(buffer: ByteBuffer, into: number | ByteBuffer): ArrayBuffer | number {
      return this.#open().writeRead(buffer, into as ByteBuffer);
    }

    close(): void {
      this.#io?.close();
      this.#io = undefined;
    }

    get format(): "buffer" {
      return "buffer";
    }

    set format(value: "buffer") {
      if (value !== "buffer") throw makeError(currentRealm(), "RangeError");
    }

    #read(register: number, byteLength: number): Uint8Array {
      return new Uint8Array(this.#open().writeRead(Uint8Array.of(register), byteLength));
    }

    #open(): I2C {
      if (!this.#io) throw makeError(currentRealm(), "TypeError", "SMBus is closed");
      return this.#io;
    }
  }

  Object.freeze(Object.freeze(SMBus).prototype);
  return SMBus;
}
