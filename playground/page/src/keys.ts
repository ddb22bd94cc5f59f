/** The keys of the whole page. */
import type { Session } from "./session";
import { problemsOf, type Pane } from "./state";

const PANES: Pane[] = ["event", "mapping", "payload", "strip"];

export const KEYS: [string, string][] = [
  ["Ctrl+Enter", "Run now"],
  ["F8, Shift+F8", "Next problem, previous problem"],
  ["Ctrl+.", "Apply the fix of the problem at the cursor"],
  ["Ctrl+Space", "Complete"],
  ["F12", "Go to the let or rule that is named at the cursor"],
  ["Alt+1 to Alt+4", "Go to the event, mapping, payload, details"],
  ["Arrow keys", "Walk the event or the payload; each row shows what made it, or what it feeds"],
  ["Enter", "On a payload row: go to its rule"],
  ["Alt+↑, Alt+↓", "Previous sample, next sample"],
  ["Ctrl+V", "Outside of a text: draft a mapping from the pasted events"],
  ["Ctrl+S", "Save to your folder"],
  ["Esc, then Tab", "Leave the editor"],
  ["← → ↑ ↓", "On a line between panes: move it; Enter sets it back"],
  ["Esc", "Stop pointing; close a dialogue"],
  ["?", "This list"],
];

export function listen(session: Session): void {
  document.addEventListener("keydown", (event) => {
    const action = actionOf(event, session);
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (session.state.dialog || session.state.phase === "starting" || isTyping(event) || !text.trim()) return;
    event.preventDefault();
    session.newMapping(text);
  });
}

function actionOf(event: KeyboardEvent, session: Session): (() => void) | null {
  if (session.state.dialog || session.state.phase === "starting") return null;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key === "Enter") return () => void session.run();
  if (command && event.key.toLowerCase() === "s" && !event.altKey) return () => void session.save();
  if (command && event.key === ".") return () => fixHere(session);
  if (event.key === "F8") return () => goToNext(session, event.shiftKey ? -1 : 1);
  if (event.altKey && !command && /^[1-4]$/.test(event.key)) return () => goToPane(session, PANES[Number(event.key) - 1] ?? "payload");
  if (isTyping(event)) return null;
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) return () => nextSample(session, event.key === "ArrowUp" ? -1 : 1);
  if (event.key === "?") return () => session.showDialog("keys");
  if (event.key === "Escape" && session.state.held) return () => session.hold(null);
  return null;
}

function isTyping(event: Event): boolean {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function nextSample(session: Session, by: number): void {
  const next = session.state.chosen + by;
  if (next >= 0 && next < session.state.samples.length) session.choose(next);
}

/** The problem after the one that the cursor is at, and from the last to the first. */
function goToNext(session: Session, by: 1 | -1): void {
  const found = problemsOf(session.state).filter((one) => one.place.file === session.state.mapping.name)
    .sort((one, other) => one.place.from - other.place.from);
  const { held } = session.state;
  const at = held?.kind === "rule" ? held.from : by > 0 ? -1 : Infinity;
  const next = by > 0 ? found.find((one) => one.place.from > at) ?? found[0] : found.findLast((one) => one.place.from < at) ?? found.at(-1);
  if (!next) return session.notify("No problems.");
  session.goTo(next.place);
  session.notify(`${next.code}: ${next.message}`);
}

function fixHere(session: Session): void {
  const { held, mapping } = session.state;
  const found = problemsOf(session.state).filter((one) => one.fixes.length && one.place.file === mapping.name);
  const here = held?.kind === "rule" ? found.find((one) => one.place.from <= held.to && held.from <= one.place.to) : undefined;
  const fix = (here ?? found[0])?.fixes[0];
  if (!fix) return session.notify("No problem here has a fix.");
  session.fix(fix);
  session.notify(`Fixed: ${fix.title}`);
}

export function goToPane(session: Session, pane: Pane): void {
  session.showPane(pane);
  requestAnimationFrame(() => {
    if (pane === "mapping") return session.editor?.focus();
    const shown = document.querySelector<HTMLElement>(`[data-pane=${pane}]`);
    shown?.querySelector<HTMLElement>(pane === "strip" ? "[role=tab][aria-selected=true]" : "[role=treeitem][tabindex='0'], .sample-name")?.focus();
  });
}
