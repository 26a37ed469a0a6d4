/** The Moddable SDK's TLS socket (examples/io/tcp/tlssocket), a module without types there. */
declare module "embedded:io/socket/tcp/tls" {
  export default class TLSSocket {
    constructor(options: object);
    format: string;
    read(countOrBuffer?: number | ArrayBufferView | ArrayBuffer): ArrayBuffer | number | undefined;
    write(data: ArrayBufferView | ArrayBuffer): number | undefined;
    close(): void;
  }
}
