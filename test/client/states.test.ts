import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ACCEPTED,
  CLOSED,
  CONNECTED,
  OPENED,
  OVER,
  RESOLVED,
  RESOLVING,
  step,
  TRANSITIONS,
} from "../../device/client/connection/connection-state";
import { PUBACK, PUBCOMP, PUBREC } from "../../device/mqtt/control-packet";
import { COMPLETE, EXCHANGES, nextAwaited, UNEXPECTED } from "../../device/mqtt/exchange";
import { statesText } from "./states";

const FILE = new URL("../../ARCHITECTURE.md", import.meta.url);
const MARKED = /(<!-- states -->\n)([\s\S]*)(\n<!-- \/states -->)/;

/** `UPDATE_STATES=1 npx vitest run --config test/vitest.config.ts test/client/states` writes the diagrams anew. */
test("the diagrams of ARCHITECTURE.md are those of the tables", () => {
  const text = readFileSync(FILE, "utf8");
  if (process.env.UPDATE_STATES)
    writeFileSync(
      FILE,
      text.replace(MARKED, (_all, before, _old, after) => before + statesText() + after),
    );
  expect(MARKED.exec(readFileSync(FILE, "utf8"))?.[2]).toBe(statesText());
});

describe("a connection", () => {
  test("goes from name to address, socket, CONNACK", () => {
    const connection = { state: RESOLVING };
    expect([RESOLVED, OPENED, ACCEPTED].map((event) => step(connection, event))).toEqual([true, true, true]);
    expect(connection.state).toBe(CONNECTED);
  });

  test("does not move where an event means nothing", () => {
    const connection = { state: RESOLVING };
    expect(step(connection, ACCEPTED)).toBe(false);
    expect(connection.state).toBe(RESOLVING);
  });

  test("can end in each state, and stays so", () => {
    for (let state = RESOLVING; state < CLOSED; state++) {
      const connection = { state };
      expect([step(connection, OVER), connection.state]).toEqual([true, CLOSED]);
    }
    expect(step({ state: CLOSED }, OVER)).toBe(false);
  });
});

describe("an exchange", () => {
  test("ends with PUBACK, or goes through PUBREC to PUBCOMP", () => {
    expect(nextAwaited(PUBACK, PUBACK)).toBe(COMPLETE);
    expect(nextAwaited(PUBREC, PUBREC)).toBe(PUBCOMP);
    expect(nextAwaited(PUBCOMP, PUBREC)).toBe(PUBCOMP);
    expect(nextAwaited(PUBCOMP, PUBCOMP)).toBe(COMPLETE);
  });

  test("takes no other packet", () => {
    expect([nextAwaited(PUBREC, PUBCOMP), nextAwaited(0, PUBACK)]).toEqual([UNEXPECTED, UNEXPECTED]);
  });
});

test("the tables are frozen", () => {
  expect([Object.isFrozen(TRANSITIONS), Object.isFrozen(EXCHANGES)]).toEqual([true, true]);
});
