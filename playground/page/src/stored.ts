/** What was chosen on the page, kept in this browser; in one without a store, for this visit only. */
type Choice = "file" | "wrap" | "theme" | "hint" | "strip" | "sizes";

const keyOf = (choice: Choice): string => `mapper-playground-${choice}`;

export function stored(choice: Choice): string {
  try { return localStorage.getItem(keyOf(choice)) ?? ""; } catch { return ""; }
}

export function store(choice: Choice, value: string): void {
  try { localStorage.setItem(keyOf(choice), value); } catch { /* for this visit only */ }
}
