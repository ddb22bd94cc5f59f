/** How deep a line of YAML is: what Enter, Backspace, Tab and a paste do with indents. Offsets are of the document. */
import { EditorSelection, type ChangeSpec, type EditorState, type SelectionRange, type Text } from "@codemirror/state";

const STEP = 2;
const LINE = /^( *)((?:- +)*)(.*)$/;
const KEY = /^(?:"[^"]*"|'[^']*'|[^\s#:"'{}[\],&*!|>][^:#]*?):(?=\s|$)/;
/** After a key or a dash: nothing yet, or the mark of a text on lines of its own. */
const OPEN = /^\s*(?:&\S+\s*)?(?:[|>][-+\d]*\s*)?(?:#.*)?$/;
const BLOCK = /(?:^|[\s:-])\s[|>][-+\d]*\s*(?:#.*)?$/;
const CLOSING = /^\s*[}\]]/;

interface Line { lead: string; dashes: string; key: string; value: string }
interface Change { changes: ChangeSpec; range: SelectionRange }

export function partsOf(text: string): Line {
  const [, lead = "", dashes = "", body = ""] = LINE.exec(text) ?? [];
  const key = KEY.exec(body)?.[0] ?? "";
  return { lead, dashes, key, value: body.slice(key.length).trim() };
}

const isBlank = (text: string): boolean => !text.trim();
const depthOf = (text: string): number => text.length - text.trimStart().length;

/** The lines above, each less deep than the one before it: those that a line at this depth is within. */
function* above(doc: Text, number: number, depth: number): Generator<string> {
  for (let at = number - 1; at > 0 && depth > 0; at--) {
    const { text } = doc.line(at);
    if (isBlank(text) || text.trimStart().startsWith("#") || depthOf(text) >= depth) continue;
    yield text;
    depth = depthOf(text);
  }
}

function isInBlock(doc: Text, number: number, depth: number): boolean {
  for (const text of above(doc, number, depth)) if (BLOCK.test(text)) return true;
  return false;
}

/** The nearest column to the left at which something of the lines above begins. */
function outerColumn(doc: Text, number: number, column: number): number {
  for (const text of above(doc, number, column + 1)) {
    const { lead, dashes } = partsOf(text);
    for (const found of [lead.length + dashes.length, lead.length]) if (found < column) return found;
  }
  return 0;
}

/** The column of what holds a list whose dashes are at `column`. */
function holderColumn(doc: Text, number: number, column: number): number {
  for (let at = number - 1; at > 0; at--) {
    const { text } = doc.line(at);
    if (isBlank(text) || depthOf(text) > column || (depthOf(text) === column && /^ *-/.test(text))) continue;
    const { lead, dashes, key } = partsOf(text);
    return key ? lead.length + dashes.length : lead.length;
  }
  return 0;
}

/** How many brackets of a value are open at its end; a text in quotes that is open counts as one. */
function openIn(value: string): number {
  if (!/^[{["']/.test(value)) return 0;
  let [depth, quote] = [0, ""];
  for (const letter of value) {
    if (quote) quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else depth += "{[".includes(letter) ? 1 : "}]".includes(letter) ? -1 : 0;
  }
  return Math.max(depth, 0) + (quote ? 1 : 0);
}

/** The depth of the line under a key, if it is in the key. */
function depthBelow(doc: Text, number: number, column: number): number | null {
  for (let at = number + 1; at <= doc.lines; at++) {
    const { text } = doc.line(at);
    if (isBlank(text)) continue;
    return depthOf(text) > column || (depthOf(text) === column && /^ *- /.test(text)) ? depthOf(text) : null;
  }
  return null;
}

/** What the line after `before` begins with. */
function nextLead(doc: Text, number: number, before: string): string {
  const { lead, dashes, key, value } = partsOf(before);
  const column = lead.length + dashes.length;
  if (before.trimStart().startsWith("#") || isInBlock(doc, number, lead.length)) return lead;
  if ((key || dashes) && OPEN.test(value)) return " ".repeat(depthBelow(doc, number, column) ?? column + STEP);
  if (openIn(value)) return " ".repeat(column + STEP);
  return key || !dashes ? " ".repeat(column) : `${lead}${dashes.slice(0, dashes.indexOf(" ") + 1)}`;
}

export function newLine(state: EditorState, { from, to }: SelectionRange): Change {
  const { doc } = state;
  const [line, last] = [doc.lineAt(from), doc.lineAt(to)];
  const before = doc.sliceString(line.from, from);
  const after = doc.sliceString(to, last.to);
  const put = (start: number, end: number, insert: string, caret = insert.length): Change =>
    ({ changes: { from: start, to: end, insert }, range: EditorSelection.cursor(start + caret) });
  if (isBlank(after) && /^ *- *$/.test(before)) {
    return put(line.from, last.to, " ".repeat(holderColumn(doc, line.number, depthOf(before))));
  }
  // A blank line keeps no blanks; the next one is as deep as it was.
  if (isBlank(before)) return put(line.from, isBlank(after) ? last.to : to, `\n${before}`);
  const lead = nextLead(doc, line.number, before);
  const end = to + depthOf(after);
  const start = isInBlock(doc, line.number, depthOf(before)) ? from : line.from + before.trimEnd().length;
  if (CLOSING.test(after) && /[{[]\s*$/.test(before)) {
    return put(start, end, `\n${lead}\n${" ".repeat(lead.length - STEP)}`, 1 + lead.length);
  }
  return put(start, end, `\n${lead}`);
}

/** One level out, where only an indent or a dash is before the cursor; else null. */
export function oneOut(state: EditorState, { from, empty }: SelectionRange): Change | null {
  const line = state.doc.lineAt(from);
  const before = line.text.slice(0, from - line.from);
  if (!empty || !/^ +$|^ *- +$/.test(before)) return null;
  const column = before.trim() ? depthOf(before) : outerColumn(state.doc, line.number, before.length);
  return { changes: { from: line.from + column, to: from }, range: EditorSelection.cursor(line.from + column) };
}

/** What is pasted, as deep as the place where it is pasted: its first line may have lost its own indent. */
export function pastedAs(text: string, state: EditorState): string {
  const { from } = state.selection.main;
  const line = state.doc.lineAt(from);
  const column = from - line.from;
  const [first = "", ...rest] = text.replace(/\r\n?/g, "\n").split("\n");
  const filled = rest.filter((one) => !isBlank(one));
  if (!column || !filled.length || isBlank(first) || !isBlank(line.text.slice(0, column))) return text;
  const shift = column - (depthOf(first) || lostDepth(first, filled));
  const deep = (one: string) => (isBlank(one) ? "" : " ".repeat(Math.max(depthOf(one) + shift, 0)) + one.trimStart());
  return [first.trimStart(), ...rest.map(deep)].join("\n");
}

/** The depth that a first line without an indent had, by the lines after it. */
function lostDepth(first: string, rest: string[]): number {
  const [second = ""] = rest;
  const { dashes, key, value } = partsOf(first);
  const isWithin = (key && OPEN.test(value) && !/^ *- /.test(second)) || (dashes && key && !/^ *- /.test(second)) || openIn(value);
  const least = Math.min(...rest.map(depthOf));
  return Math.max(Math.min(depthOf(second) - (isWithin ? STEP : 0), least), 0);
}
