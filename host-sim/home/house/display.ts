import { createLogUpdate } from "log-update";
import { eventJSON, eventLine, type HouseEvent } from "./house-event";
import { type HouseView, renderTable } from "./live-table";

/** How a running house shows itself. */
export interface Display {
  start(greeting: string): void;
  show(event: HouseEvent): void;
  stop(summary: string): void;
}

/** `--json`: events and nothing else, one a line. */
export function jsonDisplay(output: NodeJS.WriteStream): Display {
  return {
    start: () => {},
    show: (event) => output.write(`${eventJSON(event)}\n`),
    stop: () => {},
  };
}

/** Without a terminal: events as lines of text. What the subscriber receives of devices would repeat each line. */
export function lineDisplay(output: NodeJS.WriteStream): Display {
  return {
    start: (greeting) => output.write(`${greeting}\n\n`),
    show: (event) => {
      const line = eventLine(event);
      if (line !== undefined) output.write(`${line}\n`);
    },
    stop: (summary) => output.write(`${summary}\n`),
  };
}

/** Frames a second are enough for an eye, and few enough for a slow terminal; in ms. */
const REDRAW_INTERVAL = 200;
const KEPT_EVENTS = 5;

/** On a terminal: a table that is drawn again in place. */
export function tableDisplay(output: NodeJS.WriteStream, view: () => Omit<HouseView, "events">): Display {
  const draw = createLogUpdate(output);
  const events: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  function redraw(): void {
    draw(renderTable({ ...view(), events }, output.columns));
  }
  return {
    start(greeting) {
      output.write(`${greeting}\n\n`);
      timer = setInterval(redraw, REDRAW_INTERVAL);
      redraw();
    },
    show(event) {
      if (event.event === "published" || event.event === "stopped") return;
      const line = eventLine(event);
      if (line === undefined) return;
      events.push(line);
      if (events.length > KEPT_EVENTS) events.shift();
    },
    stop(summary) {
      clearInterval(timer);
      redraw();
      draw.done();
      output.write(`${summary}\n`);
    },
  };
}
