import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
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

export interface Subject {
  readonly commonName: string;
  /** Names and addresses that a server may be reached at. */
  readonly hosts?: readonly string[];
  /** ms since 1970; default a day ago and in a year. */
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** A certification authority that lives as long as a test: keys on P-256, made anew each time. */
export class Authority {
  readonly #certificate: X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#certificate = certificate;
    this.#keys = keys;
  }

  static async create(commonName: string): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        name: `CN=${commonName}`,
        keys,
        signingAlgorithm: ALGORITHM,
        serialNumber: "01",
        ...validity({ commonName }),
        extensions: [
          new BasicConstraintsExtension(true, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
          await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    return new Authority(certificate, keys);
  }

  get PEM(): string {
    return this.#certificate.toString("pem");
  }

  get DER(): ArrayBuffer {
    return this.#certificate.rawData;
  }

  /** Issues a certificate for a new key. */
  async issue(subject: Subject): Promise<Identity> {
    const keys = await generateKeys();
    const crypto = webcrypto;
    const extensions: Extension[] = [
      await SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      await AuthorityKeyIdentifierExtension.create(this.#keys.publicKey, false, crypto),
    ];
    if (subject.hosts)
      extensions.push(
        new SubjectAlternativeNameExtension(
          subject.hosts.map((value) => ({ type: /^[\d.]+$/.test(value) ? "ip" : "dns", value }) as const),
        ),
      );
    const certificate = await X509CertificateGenerator.create(
      {
        subject: `CN=${subject.commonName}`,
        issuer: this.#certificate.subject,
        publicKey: keys.publicKey,
        signingKey: this.#keys.privateKey,
        signingAlgorithm: ALGORITHM,
        serialNumber: "02",
        ...validity(subject),
        extensions,
      },
      crypto,
    );
    const key = KeyObject.from(keys.privateKey);
    return {
      chain: `${certificate.toString("pem")}\n${this.PEM}\n`,
      key: key.export({ format: "pem", type: "pkcs8" }) as string,
      certificateDER: certificate.rawData,
      keyDER: Uint8Array.from(key.export({ format: "der", type: "pkcs8" })).buffer,
    };
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, [
    "sign",
    "verify",
  ]) as Promise<webcrypto.CryptoKeyPair>;
}

function validity(subject: Subject): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: new Date(subject.notBefore ?? now - DAY),
    notAfter: new Date(subject.notAfter ?? now + 365 * DAY),
  };
}
