/** The last pages that were edited, in this browser only. Personal values of samples are replaced before they are kept. */
import { pageText, sharedPage, type Page } from "./sharing";

const KEY = "mapper-playground-history";
const LONGEST = 20;

export interface Kept { at: number; title: string; page: string }

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
export function keep(title: string, page: Page, now: number): void {
  const text = pageText(page);
  const before = kept();
  const [last] = before;
  if (last?.page === text) return;
  const rest = last && last.title === title && now - last.at < 600_000 ? before.slice(1) : before;
  const list = [{ at: now, title, page: text }, ...rest].slice(0, LONGEST);
  // A full store keeps what fits: the newest are first.
  for (let count = list.length; count > 0; count = Math.floor(count / 2)) {
    try { return localStorage.setItem(KEY, JSON.stringify(list.slice(0, count))); } catch { continue; }
  }
}

export function forget(): void {
  try { localStorage.removeItem(KEY); } catch { /* a browser without a store has nothing to forget */ }
}

export const keptPage = (one: Kept): Page | null => sharedPage(one.page);
