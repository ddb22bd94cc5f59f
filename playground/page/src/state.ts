/** What the page knows and shows: one value, which is replaced at each change. */
import type { Kept } from "./history";
import type { Target } from "./pointing";
import type {
  Changes, Conflict, Diagnostic, Doc, Edit, Effective, Ends, Files, Live, SampleView, Opened, Place, Sample, Start, Tests,
} from "./protocol";

export type Pane = "event" | "mapping" | "payload" | "strip";
export type Strip = "problems" | "tests" | "decisions" | "flow" | "request" | "changes" | "effective";
export type DialogName = "share" | "history" | "keys" | "code" | "pin" | "examples" | "file" | "new" | "conflict" | "goto" | "fixes" | null;

/** Edits that are applied together. title: of one fix; of several, how many. */
export interface FixChoice { title: string; edits: Edit[]; count: number }

/** text: in the name, the reason or the event. The others: as in Ends, of one and the same end; "" for all. */
export interface Wanted { text: string; end: string; name: string; section: string; reason: string; event: string }
export const ALL: Wanted = { text: "", end: "", name: "", section: "", reason: "", event: "" };

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
  /** The samples that are listed. */
  wanted: Wanted;
  /** As they were opened: others are kept in the history, with the text. */
  openedSamples: Sample[];
  /** What was not saved in an earlier visit, for whoever asks for it. */
  unsaved: Kept | null;
  /** What a limit left out, and what could not be read, as sentences. */
  leftOut: string;
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
  effective: Effective | null;
  hovered: Target | null;
  held: Target | null;
  strip: Strip;
  stripOpen: boolean;
  pane: Pane;
  eventView: "tree" | "text";
  /** Whether its owner asked to edit the event, of which the text has all values as they are. */
  editsEvent: boolean;
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
  /** What the dialogue of fixes lets one choose from. */
  fixes: readonly FixChoice[];
  hint: boolean;
  notice: string;
  theme: "auto" | "light" | "dark";
  /** Whether long lines of the mapping wrap. */
  wrap: boolean;
  collapsed: ReadonlySet<string>;
}

export const FIRST: State = {
  phase: "starting", progress: { stage: "", part: 0 }, failure: "", start: null, title: "", example: null,
  mapping: { name: "mapping.yaml", text: "" }, opened: { name: "mapping.yaml", text: "" }, files: {}, samples: [], chosen: 0, wanted: ALL, openedSamples: [], unsaved: null, leftOut: "",
  read: null, crlf: false, saved: true, steps: [], step: 0, reveal: false, live: null, view: null, viewText: "", stale: false,
  waiting: false, ends: null, tests: null, changes: null, effective: null, hovered: null, held: null, strip: "problems", stripOpen: true,
  pane: "payload", eventView: "tree", editsEvent: false, selectEvent: false, dialog: null, code: "", shown: null, conflict: null, pasted: "", fixes: [], hint: true, notice: "",
  theme: "auto", wrap: false, collapsed: new Set(),
};

export function problemsOf(state: State): Diagnostic[] {
  return state.live?.diagnostics ?? [];
}

export function countOf(found: Diagnostic[], severity: Diagnostic["severity"]): number {
  return found.filter((one) => one.severity === severity).length;
}

/** The one count of problems: all that say how many there are say this. */
export function counted(found: Diagnostic[]): string {
  const counts = [plural(countOf(found, "error"), "error"), plural(countOf(found, "warning"), "warning"), plural(countOf(found, "advice"), "advice", "advice")];
  return counts.filter((one) => !one.startsWith("0 ")).join(", ") || "no problems";
}

/** The gravest kind among problems. */
export const gravest = (found: Diagnostic[]): Diagnostic["severity"] | null =>
  (["error", "warning", "advice"] as const).find((one) => countOf(found, one)) ?? null;

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
