/** The keys of a mapping with the paths to them: where one can go. */
import { partsOf } from "./indentation";

/** line: from 1. from, to: of the key in the text. value: the rest of its line. */
export interface Row { path: string; line: number; from: number; to: number; value: string }

interface Open { column: number; name: string; items: number }

export function outline(text: string): Row[] {
  const rows: Row[] = [];
  const open: Open[] = [];
  let [from, block] = [0, Infinity];
  for (const [at, line] of text.split("\n").entries()) {
    const start = from;
    from += line.length + 1;
    const { lead, dashes, key, value } = partsOf(line);
    if (!line.trim() || lead.length > block || line.trimStart().startsWith("#")) continue;
    block = /(?:^|\s)[|>][-+\d]*$/.test(value) ? lead.length + dashes.length : Infinity;
    if (dashes) addItem(open, lead.length);
    if (!key) continue;
    const column = lead.length + dashes.length;
    closeTo(open, column);
    const name = key.slice(0, -1).replace(/^(["'])(.*)\1$/, "$2");
    open.push({ column, name, items: 0 });
    rows.push({ path: pathOf(open), line: at + 1, from: start + column, to: start + column + key.length - 1, value });
  }
  return rows;
}

function closeTo(open: Open[], column: number): void {
  while ((open.at(-1)?.column ?? -1) >= column) open.pop();
}

/** An item of the list in the key above: it is within the key, also where its dash is not deeper. */
function addItem(open: Open[], column: number): void {
  while (open.length > 0 && (open.at(-1)?.column ?? 0) > column) open.pop();
  const holder = open.at(-1);
  if (!holder) return;
  if (holder.name.startsWith("[")) open.pop();
  const list = open.at(-1) ?? holder;
  open.push({ column: column + 0.5, name: `[${list.items++}]`, items: 0 });
}

function pathOf(open: Open[]): string {
  return open.map(({ name }) => name).join(".").replaceAll(".[", "[");
}

/** The rows whose paths have a text in them, those that end with it first. */
export function rowsWith(rows: Row[], text: string): Row[] {
  const word = text.trim().toLowerCase();
  const found = rows.filter(({ path }) => path.toLowerCase().includes(word));
  return word ? [...found.filter(({ path }) => path.toLowerCase().endsWith(word)), ...found.filter(({ path }) => !path.toLowerCase().endsWith(word))] : found;
}
