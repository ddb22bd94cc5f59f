/** The samples that are listed: those with a text, an outcome, names of an event, a section and a reason. */
import type { Ends } from "./protocol";
import type { State } from "./state";

type Asked = Pick<State, "samples" | "ends" | "wanted">;

/** The parts of an end by which samples are asked for. */
export const PARTS = ["end", "name", "section", "reason", "event"] as const;
export type Part = (typeof PARTS)[number];

let last: { of: Asked; rows: readonly number[] } | null = null;

/** Their numbers. Found anew only when what they depend on has changed: each draw asks. */
export function wantedSamples(state: Asked): readonly number[] {
  if (last && last.of.samples === state.samples && last.of.ends === state.ends && last.of.wanted === state.wanted) return last.rows;
  last = { of: state, rows: found(state) };
  return last.rows;
}

function found({ samples, ends, wanted }: Asked): number[] {
  const asked = PARTS.filter((of) => wanted[of]);
  const word = wanted.text.trim().toLowerCase();
  return [...samples.keys()].filter((at) => {
    const sample = samples[at];
    const ended = ends?.samples[at]?.ends ?? [];
    return sample !== undefined
      && (!asked.length || ended.some((one) => asked.every((of) => one[of] === wanted[of])))
      && (!word || [sample.name, ...ended.map((one) => one.reason), sample.text].some((one) => one.toLowerCase().includes(word)));
  });
}

/** How many samples have each of these, the most frequent first. */
export function countsOf(ends: Ends | null, of: Part): [string, number][] {
  const counts = new Map<string, number>();
  for (const { ends: ended } of ends?.samples ?? []) for (const one of new Set(ended.map((end) => end[of]))) if (one) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}
