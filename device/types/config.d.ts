/** The `config` object of the manifest, as `mcconfig` builds it and as its command line (`key=value`) overrides it. */
declare module "mc/config" {
  const config: Readonly<Record<string, unknown>>;
  export default config;
}
