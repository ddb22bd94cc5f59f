/** Typing over a selection, as a transaction: the browser's own way keeps styles in `style` attributes, which the CSP refuses. */
import { defaultKeymap, historyKeymap } from "@codemirror/commands";
import type { Extension } from "@codemirror/state";
import { EditorView, type KeyBinding } from "@codemirror/view";

/** Those of every editor here: Ctrl+Enter is the page's own. */
export const KEY_BINDINGS: readonly KeyBinding[] = [...historyKeymap, ...defaultKeymap.filter((one) => one.key !== "Mod-Enter")];

export const typing: Extension = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const text = event.inputType === "insertText" ? event.data : null;
    if (text === null || view.composing || view.state.selection.ranges.every((range) => range.empty)) return false;
    view.dispatch(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});
