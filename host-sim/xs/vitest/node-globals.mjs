// Injected into packages that are bundled for XS.
export { Buffer } from "buffer/";
export const process = {
  env: {},
  argv: [],
  version: "",
  versions: {},
  browser: true,
  nextTick: (callback, ...parameters) => void Promise.resolve().then(() => callback(...parameters)),
};
export const console = { log() {}, warn() {}, error() {}, debug() {} };
export const queueMicrotask = (callback) => void Promise.resolve().then(callback);
export const setTimeout = () => {
  throw new Error("there is no wall clock in XS");
};
export const clearTimeout = () => undefined;
