import { type Display, JSONDisplay, TextDisplay } from "../../../host-sim/xsbug/display";
import { Sources } from "../../../host-sim/xsbug/sources";
import { PlainTerminal, ScriptTerminal, type Terminal } from "../../../host-sim/xsbug/terminal";
import { Xsbug, type XsbugOptions } from "../../../host-sim/xsbug/xsbug";
import type { Running } from "../../support/thimble";

export interface Session {
  readonly xsbug: Xsbug;
  readonly port: number;
  /** What it has shown so far. */
  readonly output: string;
  /** Settles as soon as the output so far satisfies `condition`. */
  shown(condition: string | ((output: string) => boolean)): Promise<void>;
  /** Ends it. @returns what it has shown */
  close(): Promise<string>;
}

export interface SessionOptions extends Partial<XsbugOptions> {
  /** Commands, one a line. */
  readonly script?: string;
  readonly json?: boolean;
}

/** An xsbug at a free port, whose output is kept. */
export async function startSession(options: SessionOptions = {}): Promise<Session> {
  let output = "";
  const waiting = new Set<() => void>();
  const sink = {
    write(text: string): boolean {
      output += text;
      for (const check of [...waiting]) check();
      return true;
    },
  } as NodeJS.WritableStream;
  const terminal: Terminal =
    options.script === undefined ? new PlainTerminal(sink) : new ScriptTerminal(sink, options.script, true);
  const text = new TextDisplay(
    (line) => terminal.write(line),
    () => 80,
    false,
  );
  const display: Display = options.json ? new JSONDisplay((line) => terminal.write(line)) : text;
  const xsbug = new Xsbug({
    ...{ break: "exceptions", breakpoints: [], tests: [], once: false, columns: () => 80 },
    ...{ sources: new Sources("."), paint: text.paint, display, terminal },
    ...options,
  });
  const port = await xsbug.listen(0, "localhost");
  return {
    xsbug,
    port,
    get output() {
      return output;
    },
    shown(condition) {
      const isMet =
        typeof condition === "string" ? () => output.includes(condition) : () => condition(output);
      return new Promise((resolve) => {
        const check = (): void => {
          if (!isMet()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    },
    async close() {
      await xsbug.close();
      return output;
    },
  };
}

/** The port that a `thimble xsbug --json` has taken. */
export async function portOf(running: Running): Promise<number> {
  await running.output((stdout) => stdout.includes("\n"));
  return (JSON.parse(running.stdout.split("\n")[0]!) as { port: number }).port;
}
