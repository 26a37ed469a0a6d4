import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { InteractiveTerminal, ScriptTerminal } from "../../host-sim/xsbug/terminal";

/** Streams that look like a terminal of 80 columns. */
class FakeTerminal extends PassThrough {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  text = "";

  constructor() {
    super();
    this.setEncoding("utf8").on("data", (text: string) => {
      this.text += text;
    });
  }

  setRawMode(): this {
    return this;
  }
}

let input: FakeTerminal;
let output: FakeTerminal;
let terminal: InteractiveTerminal;
const interrupt = vi.fn();

function open(table?: () => string): void {
  const streams = [input as unknown as NodeJS.ReadStream, output as unknown as NodeJS.WriteStream] as const;
  terminal = new InteractiveTerminal(...streams, interrupt, table);
}

beforeEach(() => {
  input = new FakeTerminal();
  output = new FakeTerminal();
});
afterEach(() => terminal.close());

it("gives the lines that a person types, those typed ahead too, and undefined at the end", async () => {
  open();
  const first = terminal.nextCommand();
  input.write("locals\r");
  expect(await first).toBe("locals");
  input.write("step\r");
  input.write("go\r");
  expect([await terminal.nextCommand(), await terminal.nextCommand()]).toEqual(["step", "go"]);
  const last = terminal.nextCommand();
  input.end("\x04");
  expect(await last).toBeUndefined();
});

it("writes above the prompt, and shows it again with what was typed so far", async () => {
  open();
  terminal.prompt("kitchen");
  input.write("loc");
  terminal.write("kitchen | hello\n");
  expect(output.text).toMatch(/kitchen \| hello\n[^\n]*xsbug kitchen> loc[^\n]*$/);
});

it("tells Ctrl-C", () => {
  open();
  terminal.prompt("");
  input.write("\x03");
  expect(interrupt).toHaveBeenCalledOnce();
});

it("has the table in the place of the prompt while nothing is stopped", () => {
  open(() => "TABLE");
  terminal.prompt("");
  terminal.write("kitchen | hello\n");
  expect(output.text).toMatch(/kitchen \| hello\nTABLE\n$/);
  terminal.prompt("kitchen");
  expect(output.text).toMatch(/xsbug kitchen> [^\n]*$/);
  output.text = "";
  terminal.write("kitchen | more\n");
  expect(output.text).not.toContain("TABLE");
});

it("a script leaves out empty lines and comments, and is over after its last command", async () => {
  const script = new ScriptTerminal(output, "\n# where is it?\n  frames  \ngo\n", true);
  expect([await script.nextCommand(), await script.nextCommand()]).toEqual(["frames", "go"]);
  expect(script.hasCommands).toBe(true);
  expect(await script.nextCommand()).toBeUndefined();
  expect(script.hasCommands).toBe(false);
  open();
});
