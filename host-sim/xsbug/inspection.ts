import type { DebuggedMachine, Scope } from "./debugger";
import type { Property } from "./protocol";

/** A variable for people. */
export interface Variable {
  readonly name: string;
  readonly text: string;
}

/** What XS lists beside the variables of a frame, and of an object beside its properties. */
const ASIDE: ReadonlySet<string> = new Set([
  "(return)",
  "new.target",
  "(function)",
  "(..)",
  "(closures)",
  "(home)",
]);
const CLOSED = "+";
const SHOWN_PROPERTIES = 8;
const SHOWN_TEXT = 60;

/**
 * The variables of the frame that `machine` shows, with what is in objects, one level deep. Functions are left out.
 * Objects are opened for that, and closed again.
 */
export async function describeLocals(machine: DebuggedMachine): Promise<Variable[]> {
  const { scope } = machine;
  if (!scope) return [];
  const opened = await openAll(machine, scope.locals.filter(isVariable));
  const variables = (machine.scope?.locals ?? []).filter(
    (local) => isVariable(local) && !isFunction(local) && !isGlobal(local),
  );
  const described = variables.map((local) => ({ name: local.name, text: describe(local) }));
  await machine.toggle(opened);
  return described.filter(({ name, text }) => name !== "this" || text !== "undefined");
}

/** Opens objects, and what private fields they have. @returns ids of what was closed before */
async function openAll(machine: DebuggedMachine, properties: readonly Property[]): Promise<string[]> {
  const opened = closedObjects(properties);
  await machine.toggle(opened);
  const open = new Set(opened);
  const inside = (machine.scope?.locals ?? [])
    .filter(({ value }) => open.has(value))
    .flatMap((local) => closedObjects(local.properties.filter(isPrivate)));
  await machine.toggle(inside);
  return [...opened, ...inside];
}

function closedObjects(properties: readonly Property[]): string[] {
  return [...new Set(properties.filter(({ state }) => state === CLOSED).map(({ value }) => value))];
}

/** A value as a person would write it; objects that are closed as `{…}`. */
export function describe(property: Property): string {
  if (property.properties.length === 0) return property.state === " " ? plain(property.value) : "{…}";
  if (isFunction(property)) return "function";
  const fields = fieldsOf(property).filter(({ name }) => !ASIDE.has(name));
  const items = fields.filter(({ name }) => name.startsWith("["));
  if (items.length > 0 || isArray(property)) return list("[", items.map(inner), "]");
  // What has been read before what has not: private methods are objects too.
  fields.sort((a, b) => Number(a.state !== " ") - Number(b.state !== " "));
  const inside = fields.map((field) => `${bare(field.name)}: ${inner(field)}`);
  const owner = property.properties.filter(isPrivate).at(-1)?.name.slice(1, -1);
  return `${owner ? `${owner} ` : ""}${list("{ ", inside, " }")}`;
}

/** The properties of an open object, with its private ones. */
export function fieldsOf(property: Property): Property[] {
  return property.properties.flatMap((field) => (isPrivate(field) ? field.properties : field));
}

/** `(HomeDevice)`: the private fields that this class has declared. */
export function isPrivate({ name, state }: Property): boolean {
  return /^\([A-Za-z_$][\w$]*\)$/.test(name) && state !== " " && !ASIDE.has(name);
}

export function isArray({ properties }: Property): boolean {
  return properties.some(({ name }) => name === "(array)");
}

function isFunction({ properties }: Property): boolean {
  return properties.some(({ name }) => name === "(function)");
}

/** `this` outside of functions. */
function isGlobal({ properties }: Property): boolean {
  return properties.some(({ name }) => name === "globalThis");
}

function isVariable({ name }: Property): boolean {
  return !ASIDE.has(name);
}

function inner(property: Property): string {
  if (property.properties.length > 0) return isFunction(property) ? "function" : "{…}";
  return property.state === " " ? plain(property.value) : "{…}";
}

function list(open: string, parts: readonly string[], close: string): string {
  if (parts.length === 0) return open.trim() + close.trim();
  const more = parts.length > SHOWN_PROPERTIES ? [`${parts.length - SHOWN_PROPERTIES} more`] : [];
  return `${open}${[...parts.slice(0, SHOWN_PROPERTIES), ...more].join(", ")}${close}`;
}

/** `(byteLength)` and the like. */
function bare(name: string): string {
  return name.replace(/^\((.*)\)$/, "$1");
}

/** Texts come in quotes that nothing inside escapes. */
function plain(value: string): string {
  if (!value.startsWith("'")) return value;
  const text = JSON.stringify(value.slice(1, -1));
  return text.length > SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT - 1)}…"` : text;
}

/** The variable `name` of a frame, or of the program. */
export function findVariable(scope: Scope, name: string): Property | undefined {
  const inherited = scope.globals.find((global) => global.name === "(..)")?.properties ?? [];
  return [...scope.locals, ...scope.globals, ...inherited].find((property) => property.name === name);
}
