import "reflect-metadata";
import { createPrivateKey, createPublicKey, KeyObject, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2_048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: "SHA-256",
} as const;
const DAY = 86_400_000;

/** A certificate and its key, as each side wants them: brokers in PEM, devices in DER. */
export interface Identity {
  /** Its own certificate, then its authority's. */
  readonly chain: string;
  /** PKCS #8, PEM. */
  readonly key: string;
  readonly certificateDER: ArrayBuffer;
  /** PKCS #8, DER. */
  readonly keyDER: ArrayBuffer;
}

/** What a certificate is made out to. */
export interface Subject {
  /** 1 to 64 characters (RFC 5280, ub-common-name). */
  readonly commonName: string;
  /** Names and addresses that a server may be reached at. With them the certificate is a server's, without a client's. */
  readonly hosts?: readonly string[];
  /** ms since 1970; default a day ago, for clocks that are behind, and in a year. Never past the authority's own end. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** PKCS #8, PEM: of a certificate that is renewed. Default: a new key. */
  readonly key?: string;
  /** What a new key is: on P-256, or RSA with 2,048 bits. Default P-256. */
  readonly keyType?: "P-256" | "RSA";
}

/** How long an authority lives by default: 20 years. Its certificate is in the flash of every device. */
const AUTHORITY_LIFE = 20 * 365 * DAY;

/** A certification authority of one household or one test: keys on P-256, so that a small chip can check its signatures. */
export class Authority {
  readonly #certificate: X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#certificate = certificate;
    this.#keys = keys;
  }

  /**
   * Makes an authority.
   * @param validity - ms since 1970, as of a subject; default a day ago and in 20 years
   * @param key - PKCS #8, PEM, of an authority that is renewed: what it has issued stays valid
   */
  static async create(
    commonName: string,
    validity: Pick<Subject, "notBefore" | "notAfter" | "key"> = {},
  ): Promise<Authority> {
    const keys = await keysOf(validity.key);
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        name: `CN=${commonName}`,
        keys,
        signingAlgorithm: ALGORITHM,
        serialNumber: serialNumber(),
        ...datesOf(validity, AUTHORITY_LIFE),
        extensions: [
          new BasicConstraintsExtension(true, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
          await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
          // Its own, which RFC 5280 leaves to choice: the Moddable SDK (8.2.3) fails where it is missing ("invalid buffer").
          await AuthorityKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    return new Authority(certificate, keys);
  }

  /** An authority from its files: certificate in PEM, key in PKCS #8, PEM. */
  static async load(certificate: string, key: string): Promise<Authority> {
    return new Authority(new X509Certificate(certificate), await keysOf(key));
  }

  get PEM(): string {
    return this.#certificate.toString("pem");
  }

  get DER(): ArrayBuffer {
    return this.#certificate.rawData;
  }

  /** PKCS #8, PEM. */
  get key(): string {
    return exportPEM(this.#keys.privateKey);
  }

  /** Issues a certificate: for a new key, or again for one that is there. */
  async issue(subject: Subject): Promise<Identity> {
    const keys = await keysOf(subject.key, subject.keyType === "RSA" ? RSA : ALGORITHM);
    const { notBefore, notAfter } = datesOf(subject, 365 * DAY);
    const end = this.#certificate.notAfter;
    const certificate = await X509CertificateGenerator.create(
      {
        subject: `CN=${subject.commonName}`,
        issuer: this.#certificate.subject,
        publicKey: keys.publicKey,
        signingKey: this.#keys.privateKey,
        signingAlgorithm: ALGORITHM,
        serialNumber: serialNumber(),
        notBefore,
        notAfter: notAfter > end ? end : notAfter,
        extensions: await this.#extensions(subject, keys),
      },
      webcrypto,
    );
    const key = KeyObject.from(keys.privateKey);
    return {
      chain: `${certificate.toString("pem")}\n${this.PEM}\n`,
      key: exportPEM(keys.privateKey),
      certificateDER: certificate.rawData,
      keyDER: Uint8Array.from(key.export({ format: "der", type: "pkcs8" })).buffer,
    };
  }

  async #extensions({ hosts }: Subject, keys: webcrypto.CryptoKeyPair): Promise<Extension[]> {
    const extensions: Extension[] = [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([hosts ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      await AuthorityKeyIdentifierExtension.create(this.#keys.publicKey, false, webcrypto),
    ];
    if (hosts)
      extensions.push(
        new SubjectAlternativeNameExtension(
          hosts.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }) as const),
        ),
      );
    return extensions;
  }
}

/** The pair of a private key (PKCS #8, PEM), or a new one. */
async function keysOf(
  pem: string | undefined,
  algorithm: typeof ALGORITHM | typeof RSA = ALGORITHM,
): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  if (pem === undefined)
    return (await subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const key = createPrivateKey(pem);
  const own = key.asymmetricKeyType === "rsa" ? RSA : ALGORITHM;
  const secret = key.export({ format: "der", type: "pkcs8" });
  const open = createPublicKey(key).export({ format: "der", type: "spki" });
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey("pkcs8", secret, own, true, ["sign"]),
    subtle.importKey("spki", open, own, true, ["verify"]),
  ]);
  return { privateKey, publicKey };
}

function exportPEM(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ format: "pem", type: "pkcs8" }) as string;
}

/** RFC 5280 section 4.1.2.2: a positive number of at most 20 bytes that is not used again. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function datesOf(
  { notBefore, notAfter }: Pick<Subject, "notBefore" | "notAfter">,
  life: number,
): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(notBefore ?? now - DAY), notAfter: new Date(notAfter ?? now + life) };
}
