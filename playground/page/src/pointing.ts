/** What lights up where, when one thing is pointed at: a payload row, an event part or a rule of the mapping. */
import type { Ends, SampleView, PayloadNode, Place } from "./protocol";

export type Target =
  | { kind: "payload"; id: string }
  | { kind: "event"; path: string }
  | { kind: "rule"; from: number; to: number };

/** What a rule gave for one sample. */
export type Output = Ends["outputs"][string][number];
export interface Mark { from: number; to: number; role: "rule" | "step" }
export interface Pointed {
  rows: ReadonlySet<string>; parts: ReadonlySet<string>; marks: readonly Mark[];
  /** Rules of texts that the mapping extends, which the editor does not show. */
  elsewhere: readonly Place[]; rules: readonly string[];
}

export const NOTHING: Pointed = { rows: new Set(), parts: new Set(), marks: [], elsewhere: [], rules: [] };

export const ruleKey = (place: Place): string => `${place.file}:${place.from}`;

export function allRows(view: SampleView): PayloadNode[] {
  return view.outcomes.flatMap((outcome) => outcome.rows);
}

/** current: whether `view` is of the text in the editor; else its places in that text are not known. */
export function pointedAt(target: Target | null, view: SampleView | null, file: string, current: boolean): Pointed {
  if (!target || !view || (target.kind === "rule" && !current)) return NOTHING;
  const found = pointedIn(target, view, file);
  return current ? found : { ...found, marks: [], elsewhere: [] };
}

function pointedIn(target: Target, view: SampleView, file: string): Pointed {
  const rows = allRows(view);
  if (target.kind === "payload") {
    const row = rows.find((one) => one.id === target.id);
    if (!row) return NOTHING;
    return lit(row.rule ? [row] : under(rows, row), file, row.rule ? new Set([row.id]) : null);
  }
  if (target.kind === "event") {
    const node = view.event.find((one) => one.path === target.path);
    if (!node) return NOTHING;
    const parts = under(view.event, node);
    const fed = new Set(parts.flatMap((one) => one.feeds));
    const found = lit(rows.filter((row) => fed.has(row.id)), file, null);
    return { ...found, parts: new Set(parts.map((one) => one.path)) };
  }
  return lit(rowsOfRule(rows, target, file), file, null);
}

/** The rows of the smallest rule, or step of a rule, around these characters of the mapping. */
function rowsOfRule(rows: PayloadNode[], target: { from: number; to: number }, file: string): PayloadNode[] {
  const around = (place: Place | null): place is Place =>
    place !== null && place.file === file && place.from <= target.from && target.to <= place.to;
  for (const placesOf of [
    (row: PayloadNode) => [row.rule],
    (row: PayloadNode) => row.steps.map((step) => step.place),
  ]) {
    let least = Infinity;
    let found: PayloadNode[] = [];
    for (const row of rows) {
      for (const place of placesOf(row)) {
        if (!around(place)) continue;
        const length = place.to - place.from;
        if (length < least) [least, found] = [length, []];
        if (length === least) found.push(row);
      }
    }
    if (found.length) return found;
  }
  return [];
}

function lit(rows: PayloadNode[], file: string, ids: Set<string> | null): Pointed {
  const marks: Mark[] = [];
  const elsewhere: Place[] = [];
  const seen = new Set<string>();
  const add = (place: Place | null, role: "rule" | "step") => {
    if (!place) return;
    const key = `${role}:${place.file}:${place.from}:${place.to}`;
    if (seen.has(key)) return;
    seen.add(key);
    if (place.file === file) marks.push({ from: place.from, to: place.to, role });
    else if (role === "rule") elsewhere.push(place);
  };
  for (const row of rows) {
    add(row.rule, "rule");
    for (const step of row.steps) if (!step.inserted) add(step.place, "step");
  }
  return {
    rows: ids ?? new Set(rows.map((row) => row.id)), parts: new Set(rows.flatMap((row) => row.reads)), marks, elsewhere,
    rules: [...new Set(rows.flatMap((row) => (row.rule ? [ruleKey(row.rule)] : [])))],
  };
}

/** A row and all rows under it: rows are in preorder. */
function under<Row extends { depth: number }>(rows: Row[], row: Row): Row[] {
  const first = rows.indexOf(row);
  let last = first + 1;
  while (last < rows.length && (rows[last]?.depth ?? 0) > row.depth) last++;
  return rows.slice(first, last);
}

/** What the pointed rules gave for each sample, by the sample's number. */
export function outputsOf(pointed: Pointed, ends: Ends | null): Map<number, Output[]> {
  const found = new Map<number, Output[]>();
  if (!ends || pointed.rules.length !== 1) return found;
  for (const output of ends.outputs[pointed.rules[0] ?? ""] ?? []) {
    const list = found.get(output.sample) ?? [];
    list.push(output);
    found.set(output.sample, list);
  }
  return found;
}
