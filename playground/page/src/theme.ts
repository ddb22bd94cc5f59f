/** Light or dark: as the system says, or as it was chosen here. */
import type { State } from "./state";

const KEY = "mapper-playground-theme";
export const THEMES = ["auto", "light", "dark"] as const;

export function storedTheme(): State["theme"] {
  try {
    const stored = localStorage.getItem(KEY);
    return THEMES.find((one) => one === stored) ?? "auto";
  } catch { return "auto"; }
}

export function applyTheme(theme: State["theme"]): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try { localStorage.setItem(KEY, theme); } catch { /* chosen for this visit only */ }
}
