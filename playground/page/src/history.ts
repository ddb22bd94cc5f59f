/** The last pages that were edited, in this browser only. Personal values of samples are replaced before they are kept. */
import { pageText, sharedPage, type Page } from "./sharing";

const KEY = "mapper-playground-history";
const LONGEST = 20;

/** own: whether it is a file of the folder, or was to become one. */
export interface Kept { at: number; title: string; page: string; own?: boolean }

export function kept(): Kept[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter(isKept).slice(0, LONGEST) : [];
  } catch { return []; }
}

function isKept(value: unknown): value is Kept {
  return typeof value === "object" && value !== null && "page" in value && typeof value.page === "string"
    && "title" in value && typeof value.title === "string" && "at" in value && typeof value.at === "number";
}

/** Keeps it in first place, in place of the former text of the same mapping within ten minutes. */
export function keep({ title, own, at: now }: Omit<Kept, "page">, page: Page): void {
  const text = pageText(page);
  const before = kept();
  const [last] = before;
  if (last?.page === text) return;
  const rest = last && last.title === title && now - last.at < 600_000 ? before.slice(1) : before;
  const list = [{ at: now, title, page: text, own }, ...rest].slice(0, LONGEST);
  // A full store keeps what fits: the newest are first.
  for (let count = list.length; count > 0; count = Math.floor(count / 2)) {
    try { return localStorage.setItem(KEY, JSON.stringify(list.slice(0, count))); } catch { continue; }
  }
}

export function forget(): void {
  try { localStorage.removeItem(KEY); } catch { /* a browser without a store has nothing to forget */ }
}

/** The last text of what is open, if it has another one or other samples; null if there is none. */
export function unsavedOf(title: string, { mapping, samples }: Pick<Page, "mapping" | "samples">): Kept | null {
  const last = kept().find((one) => one.title === title);
  const page = last ? keptPage(last) : null;
  const names = (of: Page["samples"]) => JSON.stringify(of.map((one) => one.name));
  return last && page && (page.mapping.text !== mapping.text || names(page.samples) !== names(samples)) ? last : null;
}

export const keptPage = (one: Kept): Page | null => sharedPage(one.page);
