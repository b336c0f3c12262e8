// From the definition of a window to its arithmetic.

import type { AlignedWindow } from "../../plan/plan.ts";
import { CalendarPanes } from "./calendar.ts";
import { HoppingPanes, type Panes } from "./panes.ts";

export function panesOf(window: AlignedWindow): Panes {
  switch (window.kind) {
    case "hopping":
      return new HoppingPanes(window);
    case "calendar":
      return new CalendarPanes(window);
  }
}
