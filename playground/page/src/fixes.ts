/** The fixes that can be applied together: one, all of a code, or all that are certain; and the lines that they change. */
import type { Diagnostic, Edit } from "./protocol";
import { plural, type FixChoice } from "./state";

type Fix = Diagnostic["fixes"][number];
export interface ChangedLines { line: number; before: string[]; after: string[] }

/** The choices for a problem, the fix of it alone first; without a problem, for all of them. */
export function choicesOf(found: Diagnostic[], here: Diagnostic | null, file: string): FixChoice[] {
  const own = found.filter((one) => one.fixes.some((fix) => isWhole(fix, file)));
  const first = (one: Diagnostic) => one.fixes.find((fix) => isWhole(fix, file));
  const alone = (here?.fixes ?? []).map((fix) => ({ title: fix.title, edits: fix.edits.filter((edit) => edit.file === file), count: 1 }));
  const several = [
    ...(here ? [together(own.filter((one) => one.code === here.code).map(first), (count) => `All ${count} of ${here.code}`)] : []),
    together(own.map((one) => one.fixes.find((fix) => fix.safe && isWhole(fix, file))), (count) => `All ${count} that are certain`),
  ].filter((one) => one.count > 1);
  return [...alone, ...several.filter((one, at) => at === 0 || one.count !== several[0]?.count)];
}

/** The choice of all problems of a code. */
export function allOfCode(found: Diagnostic[], code: string, file: string): FixChoice {
  const fixes = found.filter((one) => one.code === code).map((one) => one.fixes.find((fix) => isWhole(fix, file)));
  return together(fixes, (count) => `All ${count} of ${code}`);
}

export function allCertain(found: Diagnostic[], file: string): FixChoice {
  return together(found.map((one) => one.fixes.find((fix) => fix.safe && isWhole(fix, file))), (count) => `All ${count} that are certain`);
}

const isWhole = (fix: Fix, file: string): boolean => fix.edits.length > 0 && fix.edits.every((edit) => edit.file === file);
const isSame = (one: Edit, other: Edit): boolean => one.from === other.from && one.to === other.to && one.insert === other.insert;
const meets = (one: Edit, other: Edit): boolean => one.from < other.to && other.from < one.to || one.from === other.from;

/** Fixes whose edits do not meet; of those that do, the first. The others are found again by the next check. */
function together(fixes: (Fix | undefined)[], titled: (count: number) => string): FixChoice {
  const edits: Edit[] = [];
  let count = 0;
  for (const fix of fixes) {
    const fresh = fix?.edits.filter((edit) => !edits.some((one) => isSame(one, edit)));
    if (!fresh || fresh.some((edit) => edits.some((one) => meets(one, edit)))) continue;
    edits.push(...fresh);
    count++;
  }
  return { title: titled(count), edits, count };
}

/** The lines that edits change, as they are and as they will be. */
export function changedLines(text: string, edits: Edit[]): ChangedLines[] {
  const found: ChangedLines[] = [];
  const sorted = [...edits].sort((one, other) => one.from - other.from);
  for (let at = 0; at < sorted.length;) {
    const start = text.lastIndexOf("\n", (sorted[at]?.from ?? 0) - 1) + 1;
    let [end, made, done] = [start, "", start];
    for (let edit = sorted[at]; edit && (done === start || edit.from <= end); edit = sorted[++at]) {
      made += text.slice(done, edit.from) + edit.insert;
      done = edit.to;
      end = text.indexOf("\n", Math.max(edit.to, edit.from));
      if (end < 0) end = text.length;
    }
    const line = text.slice(0, start).split("\n").length;
    found.push({ line, before: text.slice(start, end).split("\n"), after: (made + text.slice(done, end)).split("\n") });
  }
  return found;
}

export const saidOfChoice = ({ count, title }: FixChoice): string => (count > 1 ? `Fixed ${plural(count, "problem")}` : `Fixed: ${title}`);
