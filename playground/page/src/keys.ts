/** The keys of the whole page. */
import type { Session } from "./session";
import { wantedSamples } from "./wanted";
import { problemsOf, type Pane } from "./state";

const PANES: Pane[] = ["event", "mapping", "payload", "strip"];

export const KEYS: [string, string][] = [
  ["Ctrl+Enter", "Run now"],
  ["F8, Shift+F8", "Next problem, previous problem"],
  ["Ctrl+.", "Fix the problem at the cursor; with several fixes or problems of its kind: choose, with a preview"],
  ["Ctrl+Space", "Complete"],
  ["Enter", "In the mapping: next line, at its indent; after a list item the next dash, after an empty one the end of the list"],
  ["Backspace, Tab, Shift+Tab", "At an indent: one level out; one level in or out, also of a selection"],
  ["Ctrl+/", "Comment the lines, or take the marks away"],
  ["Ctrl+F, F3, Shift+F3", "Search and replace in the mapping; next, previous"],
  ["Ctrl+Shift+O", "Go to a rule or a line"],
  ["Ctrl+D, Ctrl+Alt+↓, Ctrl+Shift+L", "One more cursor: at the next such word, below, at all of them"],
  ["Alt+Z", "Wrap long lines"],
  ["Ctrl+Z, Ctrl+Y", "Undo, redo; also after another file was open"],
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
  if (command && event.shiftKey && event.key.toLowerCase() === "o") return () => session.showDialog("goto");
  if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "f" && !event.defaultPrevented) return () => session.find();
  if (event.altKey && !command && event.code === "KeyZ") return () => session.wrap(!session.state.wrap);
  if (event.key === "F8") return () => goToNext(session, event.shiftKey ? -1 : 1);
  if (event.altKey && !command && /^[1-4]$/.test(event.key)) return () => goToPane(session, PANES[Number(event.key) - 1] ?? "payload");
  if (isTyping(event)) return null;
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) return () => nextSample(session, event.key === "ArrowUp" ? -1 : 1);
  if (event.key === "?") return () => session.showDialog("keys");
  if (event.key === "Escape" && session.state.held) return () => session.hold(null);
  return null;
}

/** By all that the event went through: the line itself may have left the page, if the editor has answered the event. */
function isTyping(event: Event): boolean {
  return event.composedPath().some((one) => one instanceof HTMLElement && (one.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(one.tagName)));
}

function nextSample(session: Session, by: number): void {
  const rows = wantedSamples(session.state);
  const next = by > 0 ? rows.find((one) => one > session.state.chosen) : rows.findLast((one) => one < session.state.chosen);
  if (next !== undefined) session.choose(next);
}

/** The problem after the one that the cursor is at, and from the last to the first. */
function goToNext(session: Session, by: 1 | -1): void {
  const found = problemsOf(session.state).filter((one) => one.place.file === session.state.mapping.name)
    .sort((one, other) => one.place.from - other.place.from);
  const { held } = session.state;
  const at = held?.kind === "rule" ? held.from : by > 0 ? -1 : Infinity;
  const next = by > 0 ? found.find((one) => one.place.from > at) ?? found[0] : found.findLast((one) => one.place.from < at) ?? found.at(-1);
  if (!next) return session.notify("No problems.");
  session.goToProblem(next);
  session.notify(`${next.code}: ${next.message}`);
}

function fixHere(session: Session): void {
  const { held } = session.state;
  session.fixHere(held?.kind === "rule" ? held.from : -1, held?.kind === "rule" ? held.to : -1);
}

export function goToPane(session: Session, pane: Pane): void {
  session.showPane(pane);
  requestAnimationFrame(() => {
    if (pane === "mapping") return session.editor?.focus();
    const shown = document.querySelector<HTMLElement>(`[data-pane=${pane}]`);
    shown?.querySelector<HTMLElement>(pane === "strip" ? "[role=tab][aria-selected=true]" : "[role=treeitem][tabindex='0'], .sample-name")?.focus();
  });
}
