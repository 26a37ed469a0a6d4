import { copyToRealm, makeError, type Realm } from "../board/realm";

/** Files in a firmware's flash, by name. */
export type Resources = Readonly<Record<string, Uint8Array>>;

/** The class that Moddable's `Resource` exports: its instances are the bytes themselves. Here they are copied to RAM. */
export interface ResourceClass {
  new (path: string): ArrayBuffer;
  exists(path: string): boolean;
}

export function createResource(realm: Realm, resources: Resources): ResourceClass {
  return class Resource {
    constructor(path: string) {
      // biome-ignore lint/correctness/noConstructorReturn: as on the board, where the instance is a host buffer
      return copyToRealm(realm, readResource(realm, resources, path));
    }

    static exists(path: string): boolean {
      return Object.hasOwn(resources, path);
    }
  } as ResourceClass;
}

/** @throws {Error} of the firmware's realm for a name that is not there; on the board it is a URIError */
export function readResource(realm: Realm, resources: Resources, path: string): Uint8Array {
  const bytes = Object.hasOwn(resources, path) ? resources[path] : undefined;
  if (!bytes) throw makeError(realm, "Error", `Resource not found: ${path}`);
  return bytes;
}
