/**
 * What the person at the command line can put right: a busy port, an unreachable broker, a bad option or scenario line.
 * The command prints `message` as one line and exits with 2; anything else that is thrown is a defect of Thimble.
 */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}
