/**
 * What the page asks and what it is answered, by the local server and by the worker alike.
 *
 * Offsets count UTF-16 code units of the text that they are of; lines and columns count from 1. Files are named by
 * their paths from the folder of the session, with `/`. Any question may be answered by a Problem.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Place {
  file: string;
  from: number;
  to: number;
  line: number;
  column: number;
}

/** A mapping that is being edited. */
export interface Doc {
  name: string;
  text: string;
}

/** Texts that the mapping extends, and schemas of its own: `schemas/shop/orders-v1.json`. */
export interface Files {
  [path: string]: string;
}

/** One JSON event as its author wrote it. */
export interface Sample {
  name: string;
  text: string;
  format?: "json";
}

/** What every question about a mapping carries. meta: what `$meta` holds besides the line. */
export interface MappingQuestion {
  mapping: Doc;
  files: Files;
  samples: Sample[];
  meta?: { [key: string]: Json };
}

export interface Problem {
  problem: string;
  hint?: string;
}

/** The answer to each question, by its name. */
export interface Answers {
  start: Start;
  example: Opened;
  /** Local only: a file of the folder. */
  open: Opened;
  /** Local only. read: the digest of what was read, "" for a new file. Not saved if the file has changed since. */
  save: { saved: true; read: string } | Conflict;
  /** NDJSON, JSON or CSV that was dropped. problems: of lines that hold no event; more: events left out. */
  read_samples: { samples: Sample[]; problems: string[]; more: number };
  /** A first mapping of events that were pasted or chosen. todos: places that only their author can decide. */
  draft: Opened & { todos: number; problems: string[] };
  check: Checked;
  live: Live;
  ends: Ends;
  changes: Changes;
  hover: { hover: Hover | null };
  complete: { completions: Completion[] };
  definition: { definition: Place | null; references: Place[] };
  effective: Effective;
  tests: Tests;
  /** text: the mapping after the edits. Without `reveal`, values of persons in the test are invented ones. */
  pin: { edit: Edit[]; text: string };
  code: { code: string; title: string; severity: Severity; markdown: string };
  share: Shared;
  markdown: { markdown: string };
}

export type Question =
  | { ask: "start" }
  | { ask: "example"; name: string }
  | { ask: "open"; path: string }
  | { ask: "save"; path: string; text: string; read: string }
  | { ask: "read_samples"; name: string; text: string }
  /** name: of the mapping. file: the name of the file that the text is of, "" where it was pasted. */
  | { ask: "draft"; name: string; text: string; file: string }
  | (MappingQuestion & { ask: "check" })
  | (MappingQuestion & { ask: "live"; chosen: number; reveal: boolean })
  | (MappingQuestion & { ask: "ends"; reveal?: boolean })
  | (MappingQuestion & { ask: "changes"; before: Doc; reveal?: boolean })
  | (MappingQuestion & { ask: "hover"; offset: number; chosen: number; reveal: boolean })
  | (MappingQuestion & { ask: "complete"; offset: number; chosen: number; reveal: boolean })
  | (MappingQuestion & { ask: "definition"; offset: number })
  | (MappingQuestion & { ask: "effective" })
  | (MappingQuestion & { ask: "tests"; reveal?: boolean })
  | (MappingQuestion & { ask: "pin"; chosen: number; name: string; reveal?: boolean })
  | { ask: "code"; code: string }
  | (MappingQuestion & { ask: "share"; reveal: boolean })
  | (MappingQuestion & { ask: "markdown"; chosen: number; reveal: boolean });

/** read: the digest of what the file holds now. rows: where it differs from the text on the page. */
export interface Conflict {
  saved: false;
  read: string;
  rows: ({ of: "both" | "file" | "page"; number: number; text: string } | { left_out: number })[];
}

export interface Start {
  version: string;
  where: "local" | "static";
  /** Local only: the folder's name, and its mappings: first those that send, then those that others extend. */
  folder?: string;
  files?: string[];
  examples: Example[];
}

export interface Example {
  name: string;
  title: string;
  about: string;
  kind: "example" | "tutorial";
}

export interface Opened {
  mapping: Doc;
  files: Files;
  samples: Sample[];
  title: string;
  read?: string;
  /** Events of a file that a limit left out, and a file beside the mapping that was left out, as a sentence. */
  more?: number;
  left_out?: string;
  /** Of a tutorial. mapping: the text after the step. */
  steps?: { title: string; markdown: string; mapping?: string }[];
}

export type Severity = "error" | "warning" | "advice";

export interface Edit {
  file: string;
  from: number;
  to: number;
  insert: string;
}

export interface Diagnostic {
  code: string;
  severity: Severity;
  message: string;
  hint: string | null;
  path: string | null;
  place: Place;
  related: { place: Place; message: string }[];
  fixes: { title: string; safe: boolean; edits: Edit[] }[];
}

/** signals: what the destination scores events by, for the events of each group of sections. */
export interface Checked {
  diagnostics: Diagnostic[];
  sends: boolean;
  signals: { section: string; signals: { name: string; has: boolean; path: string }[] }[];
  tests: number;
}

/**
 * view: null while the mapping has errors, or the sample holds no event. event: JSON of the sample as it may be
 * shown, also while the mapping has errors; null where it holds no event.
 */
export interface Live extends Checked {
  event: string | null;
  view: SampleView | null;
  /** Of a tutorial: whether its step is done; without a view also what the sample becomes at its end. */
  done?: boolean;
  goal?: SampleView | null;
  unreadable?: { sample: number; message: string; from: number };
}

/** request: as it would be sent; a setting such as the token is shown by its name. null if nothing is sent. */
export interface SampleView {
  event: EventNode[];
  outcomes: OutcomeShown[];
  decisions: DecisionShown[];
  request: { method: string; url: string; headers: [string, string][]; body: string } | null;
}

/** outcome: the number of the event, from 0, where the mapping splits the sample into several. */
export interface DecisionShown {
  outcome: number;
  part: string;
  source: string;
  summary: string;
  place: Place;
  value: Shown | null;
  reads: { text: string; value: Shown | null; why: string; place: Place }[];
}

/**
 * A part of the event; the list is in preorder. feeds: ids of the payload nodes that it feeds. asked: a decision
 * read it. from, to: of its value in the sample's text.
 */
export interface EventNode {
  path: string;
  key: string;
  depth: number;
  kind: "object" | "array" | "leaf";
  shown: Shown | null;
  feeds: string[];
  asked: boolean;
  from: number;
  to: number;
}

export type End = "sent" | "skipped" | "rejected" | "consent";

/**
 * guard: whether the guard let the payload pass as it is; null where there is none. breaches: the rules of the
 * schema that the payload breaks, as path and message. rows: the payload in preorder, with absent fields.
 */
export interface OutcomeShown {
  end: End;
  title: string;
  section: string;
  reasons: { path: string; message: string; place: Place | null }[];
  notes: { kind: string; path: string; message: string; place: Place | null }[];
  guard: "passed" | "changed" | null;
  breaches: [string, string][];
  rows: PayloadNode[];
  absent: number;
}

export interface StepShown {
  text: string;
  inserted: boolean;
  place: Place | null;
  value: Shown | null;
  failure: string;
}

/**
 * A part of the payload. id: `0:custom_data.contents[1].id`. rule: where its rule is written; source: the
 * expression as its author wrote it, or `constant web`. read: what the source gave. reads: paths of the event,
 * as EventNode.path. why: why it is absent, or what is in place of the value.
 */
export interface PayloadNode {
  id: string;
  path: string;
  key: string;
  depth: number;
  kind: "object" | "array" | "leaf" | "absent";
  shown: Shown | null;
  rule: Place | null;
  source: string;
  read: Shown | null;
  steps: StepShown[];
  reads: string[];
  why: string;
  required: boolean;
  personal: boolean;
}

/** text: what may be shown. full: of a digest, if values are revealed: all of it, for copying. */
export interface Shown {
  text: string;
  kind: "text" | "number" | "boolean" | "null" | "digest" | "masked" | "list" | "object";
  full?: string;
}

/**
 * name: of the event that is sent, "" for none. outputs: what each rule gave over all samples, by the rule's place as `file:from`, at most 50 each. acted, all:
 * the parts of the mapping that are counted. totals: the most frequent first.
 */
export interface Ends {
  samples: { name: string; ends: { end: End | "unreadable"; title: string; reason: string; name: string; section: string; event: string }[] }[];
  totals: { end: End | "unreadable"; reason: string; count: number }[];
  coverage: { place: Place; name: string; part: string; kind: string; count: number; counted: boolean }[];
  acted: number;
  all: number;
  outputs: { [rule: string]: { sample: number; id: string; shown: Shown }[] };
}

/**
 * As `mapper diff` tells it. alarm: why it comes first, "" where it does not. rows: path, of the payload, "" for what
 * events end as; count, of the samples; sample, the first of them, which before and after are of; note, their names.
 * rules: mark, "+", "-" or "~". more_rules: those that are left out.
 */
export interface Changes {
  same: number;
  differ: number;
  rows: { path: string; alarm: string; count: number; sample: number; before: Shown | null; after: Shown | null; note: string; place: Place | null }[];
  rules: { mark: string; title: string; alarm: string; sections: string[]; facts: { name: string; old: string; new: string }[]; place: Place | null }[];
  more_rules: number;
}

/** text: as it is written. path: of the rule that it is in. */
export interface Hover {
  place: Place;
  kind: string;
  text: string;
  path: string;
  type: string;
  meaning: string;
  steps: StepShown[];
  value: Shown | null;
  why: string;
  /** The inherited parts that the key replaces, the nearest first. */
  overrides: Place[];
}

/**
 * The mapping with all that it inherits, as one file. files: the first has the highest priority. place: of the key
 * or the item, null of one that is written nowhere. taken_away: by `inherit: false`, with the parts of other files.
 */
export interface Effective {
  files: string[];
  lines: { text: string; place: Place | null; overrides: Place[] }[];
  taken_away: { name: string; place: Place; parts: Place[] }[];
}

/**
 * insert: what to put in place of the characters from `from` to `to`. meaning: Markdown. sample: the value of an
 * attribute in the chosen sample. snippet: a longer text to insert, with blanks as `${1:name}`; "" for none.
 */
export interface Completion {
  word: string;
  kind: string;
  insert: string;
  from: number;
  to: number;
  detail: string;
  meaning: string;
  sample: Shown | null;
  snippet: string;
  /** What is inserted elsewhere too, and where. */
  also: [number, string][];
}

export interface Tests {
  ok: boolean;
  results: TestShown[];
}

export interface TestShown {
  name: string;
  passed: boolean;
  place: Place;
  differences: DifferenceShown[];
}

/** expected, got: JSON on one line, "" for nothing. steps: as they read. */
export interface DifferenceShown {
  path: string;
  expected: string;
  got: string;
  message: string;
  made_by: { place: Place; source: string; steps: string[]; why: string }[];
}

/** replaced: the personal values that are replaced by invented ones. left_out: samples after the first hundred. */
export interface Shared {
  mapping: Doc;
  files: Files;
  samples: Sample[];
  replaced: { sample: string; path: string }[];
  left_out: number;
}
