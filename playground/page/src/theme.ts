/** Light or dark: as the system says, or as it was chosen here. */
import type { State } from "./state";
import { store, stored } from "./stored";

export const THEMES = ["auto", "light", "dark"] as const;

export function storedTheme(): State["theme"] {
  return THEMES.find((one) => one === stored("theme")) ?? "auto";
}

export function applyTheme(theme: State["theme"]): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  store("theme", theme);
}
