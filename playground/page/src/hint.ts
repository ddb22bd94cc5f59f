/** Whether the hint of the first screen was hidden in this browser. */
const KEY = "mapper-playground-hint";

export function isHintHidden(): boolean {
  try { return localStorage.getItem(KEY) === "hidden"; } catch { return false; }
}

export function hideHint(): void {
  try { localStorage.setItem(KEY, "hidden"); } catch { /* hidden for this visit only */ }
}
