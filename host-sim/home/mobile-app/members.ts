import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import type { BrokerCredentials } from "../broker/broker-connection";

/** What the app needs of a household; `Household` is one. */
export interface AppHousehold {
  verifyPerson(name: string, password: string): Promise<boolean>;
  credentialsOf(name: string): BrokerCredentials;
  readonly serverCredentials: { readonly certificate: string; readonly key: string };
}

/** Who may sign in. */
export interface Members {
  verify(name: string, password: string): Promise<boolean>;
  /** What the bridge proves itself to the broker with, as this member; `undefined` where doors are not locked. */
  credentialsOf(name: string): BrokerCredentials | undefined;
}

/** The one member of a house without a household. */
export const GUEST = "guest";

/** Without what looks alike: 0 O, 1 I L, 5 S. */
const CODE_CHARACTERS = "2346789ABCDEFGHJKMNPQRTUVWXYZ";
const CODE_LENGTH = 8;

export function householdMembers(household: AppHousehold): Members {
  return {
    verify: (name, password) => household.verifyPerson(name, password),
    credentialsOf: (name) => household.credentialsOf(name),
  };
}

/** Only the guest, with a code that holds for this run of the house. */
export function guestMembers(code: string): Members {
  const expected = digest(normalized(code));
  return {
    verify: async (name, password) => {
      const same = timingSafeEqual(digest(normalized(password)), expected);
      return same && name === GUEST;
    },
    credentialsOf: () => undefined,
  };
}

/** `K7QX-4MRA`, 38 bits; the limit on attempts makes them enough for the run of a house. */
export function createGuestCode(): string {
  let code = "";
  for (let index = 0; index < CODE_LENGTH; index++)
    code += CODE_CHARACTERS.charAt(randomInt(CODE_CHARACTERS.length));
  return `${code.slice(0, CODE_LENGTH / 2)}-${code.slice(CODE_LENGTH / 2)}`;
}

/** People type small letters, and leave out the dash. */
function normalized(code: string): string {
  return code.toUpperCase().replace(/[^0-9A-Z]/g, "");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
