/** Of the tables below; a file of another version is refused. */
export const SCHEMA_VERSION = "1";

/** Roll-ups, the finest first: each is made of the one before it, minutes of readings. */
export const ROLL_UPS = ["minutes", "hours", "days"] as const;
export type RollUp = (typeof ROLL_UPS)[number];

const ROLL_UP_COLUMNS = `(
  device USMALLINT NOT NULL, time TIMESTAMP NOT NULL, -- its beginning
  minimum DOUBLE NOT NULL, maximum DOUBLE NOT NULL, total DOUBLE NOT NULL, count UINTEGER NOT NULL)`;

/**
 * The tables. Times are UTC. `readings` has no index on (device, time): one writer, which gives every reading of a device a later time
 * than the one before, makes them unique; an index on a year of ten devices would take a gigabyte and most of the writer's time.
 * `total` is the sum, so that roll-ups can be merged: a mean is total / count.
 */
export const SCHEMA: readonly string[] = Object.freeze([
  "CREATE TABLE settings (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)",
  "CREATE TABLE devices (id USMALLINT PRIMARY KEY, name VARCHAR NOT NULL UNIQUE)",
  `CREATE TABLE readings (
    device USMALLINT NOT NULL, time TIMESTAMP NOT NULL, value DOUBLE NOT NULL, packet USMALLINT)`,
  `CREATE TABLE incidents (
    time TIMESTAMP NOT NULL, kind VARCHAR NOT NULL, topic VARCHAR, detail VARCHAR NOT NULL, packet USMALLINT)`,
  ...ROLL_UPS.map((name) => `CREATE TABLE ${name} ${ROLL_UP_COLUMNS}`),
  // Up to when a roll-up is complete, exclusive; and where a broker's session began.
  "CREATE TABLE marks (name VARCHAR PRIMARY KEY, time TIMESTAMP NOT NULL)",
]);
