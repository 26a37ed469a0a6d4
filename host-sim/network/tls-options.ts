import { createPrivateKey, X509Certificate } from "node:crypto";
import type { ConnectionOptions } from "node:tls";
import { bytesOf, makeError, type Realm } from "../board/realm";

/** The option `secure`, with the Moddable SDK's names (documentation/network/securesocket.md). */
export interface SecureOptions {
  /** The authority to trust, DER. Without it those that Node trusts stand for those in a firmware's resources. */
  readonly certificate?: ArrayBufferLike | ArrayBufferView;
  /** DER, the device's own first. */
  readonly clientCertificates?: readonly (ArrayBufferLike | ArrayBufferView)[];
  /** PKCS #8, DER. */
  readonly clientKey?: ArrayBufferLike | ArrayBufferView;
  readonly applicationLayerProtocolNegotiation?:
    | string
    | ArrayBufferLike
    | readonly (string | ArrayBufferLike)[];
  readonly serverName?: string;
  /** Only 0x303, TLS 1.2: the SDK's socket sets it itself. */
  readonly protocolVersion?: number;
  readonly verify?: boolean;
}

/**
 * The same for node:tls.
 * @param now - the device's date: the SDK refuses an authority that is out of date before it connects
 * @throws {Error} of the firmware's realm
 */
export function nodeOptions(realm: Realm, secure: SecureOptions, now: number): ConnectionOptions {
  const { certificate, clientCertificates, clientKey, protocolVersion = 0x303, verify = true } = secure;
  if (verify !== true)
    throw makeError(realm, "Error", "verify: false is not simulated: trust a certificate instead");
  if (protocolVersion !== 0x303) throw makeError(realm, "Error", "protocolVersion: not supported");
  const options: ConnectionOptions = {
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.2",
    rejectUnauthorized: true,
  };
  const protocols = protocolsOf(secure);
  if (protocols.length > 0) options.ALPNProtocols = protocols;
  if (certificate) {
    const authority = new X509Certificate(bytesOf(realm, certificate));
    if (now < Date.parse(authority.validFrom) || now > Date.parse(authority.validTo))
      throw makeError(realm, "Error", "date validation failed");
    options.ca = authority.toString();
  }
  if (clientCertificates && clientKey) {
    options.cert = clientCertificates
      .map((der) => new X509Certificate(bytesOf(realm, der)).toString())
      .join("");
    const key = Buffer.from(bytesOf(realm, clientKey));
    options.key = createPrivateKey({ key, format: "der", type: "pkcs8" }).export({
      format: "pem",
      type: "pkcs8",
    });
  }
  return options;
}

function protocolsOf(secure: SecureOptions): string[] {
  const { applicationLayerProtocolNegotiation: protocols = [] } = secure;
  const list = Array.isArray(protocols) ? protocols : [protocols];
  return list.map((protocol) => (typeof protocol === "string" ? protocol : Buffer.from(protocol).toString()));
}
