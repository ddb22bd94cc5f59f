/** Typing: what Enter, Backspace and Tab do, and typing over a selection. */
import { defaultKeymap, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { EditorState, Prec, StateEffect, StateField, type Extension } from "@codemirror/state";
import { EditorView, keymap, type Command, type KeyBinding } from "@codemirror/view";
import { newLine, oneOut, pastedAs } from "./indentation";

/** Those of every editor here: Ctrl+Enter is the page's own. */
export const KEY_BINDINGS: readonly KeyBinding[] = [...historyKeymap, ...defaultKeymap.filter((one) => one.key !== "Mod-Enter")];

/** As a transaction: the browser's own way keeps styles in `style` attributes, which the CSP refuses. */
export const typing: Extension = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const text = event.inputType === "insertText" ? event.data : null;
    if (text === null || view.composing || view.state.selection.ranges.every((range) => range.empty)) return false;
    view.dispatch(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

/** What Enter has written and habit types once more: the dash of the next item. */
const DASH = "- ";
const written = StateEffect.define<string>();
const typedAgain = StateField.define<string>({
  create: () => "",
  update: (left, tr) => tr.effects.find((one) => one.is(written))?.value ?? (tr.docChanged || tr.selection ? "" : left),
});

const enter: Command = ({ state, dispatch }) => {
  const change = state.update(state.changeByRange((range) => newLine(state, range)), { userEvent: "input", scrollIntoView: true });
  dispatch(change);
  const { doc, selection: { main: { head } } } = change.state;
  if (/^ *- $/.test(doc.sliceString(doc.lineAt(head).from, head))) dispatch(change.state.update({ effects: written.of(DASH) }));
  return true;
};

const typingAgain = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const left = view.state.field(typedAgain);
    if (event.inputType !== "insertText" || !left || event.data !== left[0]) return false;
    view.dispatch({ effects: written.of(left.slice(1)) });
    return true;
  },
});

/** A line that begins in view is seen from its beginning: after a long one, by a key. A pointer moves nothing. */
const lineStarts = EditorView.updateListener.of(({ view, state, startState, transactions }) => {
  const line = (of: EditorState) => of.doc.lineAt(of.selection.main.head).number;
  if (line(state) === line(startState) || transactions.some((one) => one.isUserEvent("select.pointer"))) return;
  view.requestMeasure({
    key: "line starts",
    read: () => (view.coordsAtPos(view.state.selection.main.head)?.left ?? Infinity) - view.contentDOM.getBoundingClientRect().left < view.scrollDOM.clientWidth / 2,
    write: (isNear) => { if (isNear) view.scrollDOM.scrollLeft = 0; },
  });
});

const backspace: Command = ({ state, dispatch }) => {
  const found = state.selection.ranges.map((range) => oneOut(state, range));
  if (!found.every((one) => one !== null)) return false;
  dispatch(state.update(
    state.changeByRange((range) => oneOut(state, range) ?? { range }), { userEvent: "delete.backward", scrollIntoView: true },
  ));
  return true;
};

/** Blank lines within a selection stay empty. */
const indent: Command = (view) => {
  const { state } = view;
  if (state.selection.ranges.every((range) => range.empty)) return indentMore(view);
  const lines = new Set<number>();
  for (const { from, to } of state.selection.ranges) {
    for (let at = from; at <= to; at = state.doc.lineAt(at).to + 1) {
      const line = state.doc.lineAt(at);
      if (line.text.trim() && (line.from < to || line.from === from)) lines.add(line.from);
    }
  }
  view.dispatch({ changes: [...lines].map((from) => ({ from, insert: "  " })), userEvent: "input.indent" });
  return true;
};

/** YAML is told by its indents: each key keeps to them. */
export const indents: Extension = [
  keymap.of([
    { key: "Enter", run: enter, shift: enter }, { key: "Backspace", run: backspace, shift: backspace },
    { key: "Tab", run: indent, shift: indentLess },
  ]),
  typedAgain, typingAgain, lineStarts,
  EditorView.clipboardInputFilter.of(pastedAs),
  Prec.lowest(EditorState.allowMultipleSelections.of(true)),
];
