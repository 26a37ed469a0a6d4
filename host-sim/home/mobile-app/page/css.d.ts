/** Bundled by host-sim/build-pages.mjs. */
declare module "*.css";
