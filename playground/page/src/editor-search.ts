/** Search and replace, several cursors, and the switch that wraps long lines. */
import {
  closeSearchPanel, findNext, findPrevious, openSearchPanel, search, selectNextOccurrence, selectSelectionMatches,
} from "@codemirror/search";
import { Compartment, type Extension } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";

const wrapping = new Compartment();
const BOTH = "editor search-panel";

export const searching: Extension = [
  search({ top: true }),
  keymap.of([
    { key: "Mod-f", run: openSearchPanel, scope: BOTH, preventDefault: true },
    { key: "F3", run: findNext, shift: findPrevious, scope: BOTH, preventDefault: true },
    { key: "Mod-g", run: findNext, shift: findPrevious, scope: BOTH, preventDefault: true },
    { key: "Escape", run: closeSearchPanel, scope: BOTH },
    { key: "Mod-Shift-l", run: selectSelectionMatches, preventDefault: true },
    { key: "Mod-d", run: selectNextOccurrence, preventDefault: true },
  ]),
];

export const find = (view: EditorView): void => { openSearchPanel(view); };

export const wrapped = (on: boolean): Extension => wrapping.of(on ? EditorView.lineWrapping : []);

export function wrap(view: EditorView, on: boolean): void {
  view.dispatch({ effects: wrapping.reconfigure(on ? EditorView.lineWrapping : []) });
}
