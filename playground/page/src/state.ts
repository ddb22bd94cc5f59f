/** What the page knows and shows: one value, which is replaced at each change. */
import type { Target } from "./pointing";
import type {
  Changes, Conflict, Diagnostic, Doc, Ends, Files, Live, SampleView, Opened, Place, Sample, Start, Tests,
} from "./protocol";

export type Pane = "event" | "mapping" | "payload" | "strip";
export type Strip = "problems" | "tests" | "decisions" | "request" | "changes";
export type DialogName = "share" | "history" | "keys" | "code" | "pin" | "examples" | "file" | "new" | "conflict" | null;

export interface State {
  phase: "starting" | "ready" | "failed";
  progress: { stage: string; part: number };
  /** Why no answers come; what was answered before stays on the page. */
  failure: string;
  start: Start | null;
  title: string;
  /** The example or tutorial that is open, or null for a text of one's own. */
  example: string | null;
  mapping: Doc;
  opened: Doc;
  files: Files;
  samples: Sample[];
  chosen: number;
  /** Of a file of the folder: the digest of what was read, and whether it has CRLF line ends. */
  read: string | null;
  crlf: boolean;
  saved: boolean;
  steps: NonNullable<Opened["steps"]>;
  step: number;
  reveal: boolean;
  live: Live | null;
  view: SampleView | null;
  /** The text that `view` is of: its places are of that text. */
  viewText: string;
  /** Whether `view` is of an earlier text, since the mapping has errors now. */
  stale: boolean;
  waiting: boolean;
  ends: Ends | null;
  tests: Tests | null;
  changes: Changes | null;
  hovered: Target | null;
  held: Target | null;
  strip: Strip;
  stripOpen: boolean;
  pane: Pane;
  eventView: "tree" | "text";
  /** Whether the text of the event is to be selected when it is shown: the next paste replaces it. */
  selectEvent: boolean;
  dialog: DialogName;
  code: string;
  /** A place in a text that the mapping extends, with this text. */
  shown: { place: Place; text: string } | null;
  /** What differs in a file that has changed since it was opened. */
  conflict: Conflict | null;
  /** What was pasted on the page, outside of a text: the dialogue for a new mapping begins with it. */
  pasted: string;
  hint: boolean;
  notice: string;
  theme: "auto" | "light" | "dark";
  collapsed: ReadonlySet<string>;
}

export const FIRST: State = {
  phase: "starting", progress: { stage: "", part: 0 }, failure: "", start: null, title: "", example: null,
  mapping: { name: "mapping.yaml", text: "" }, opened: { name: "mapping.yaml", text: "" }, files: {}, samples: [], chosen: 0,
  read: null, crlf: false, saved: true, steps: [], step: 0, reveal: false, live: null, view: null, viewText: "", stale: false,
  waiting: false, ends: null, tests: null, changes: null, hovered: null, held: null, strip: "problems", stripOpen: true,
  pane: "payload", eventView: "tree", selectEvent: false, dialog: null, code: "", shown: null, conflict: null, pasted: "", hint: true, notice: "",
  theme: "auto", collapsed: new Set(),
};

export function problemsOf(state: State): Diagnostic[] {
  return state.live?.diagnostics ?? [];
}

export function countOf(found: Diagnostic[], severity: Diagnostic["severity"]): number {
  return found.filter((one) => one.severity === severity).length;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
