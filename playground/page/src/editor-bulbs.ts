/** A light bulb beside each line with a problem that has a fix. */
import { RangeSet, RangeSetBuilder, StateEffect, StateField, type Extension } from "@codemirror/state";
import { EditorView, GutterMarker, gutter } from "@codemirror/view";

const setBulbs = StateEffect.define<readonly number[]>();

class Bulb extends GutterMarker {
  override eq(): boolean { return true; }
  override toDOM(): Node {
    const bulb = document.createElement("span");
    bulb.className = "cm-bulb";
    bulb.title = "Fixes (Ctrl+.)";
    return bulb;
  }
}

const BULB = new Bulb();

const bulbs = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(shown, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setBulbs)) continue;
      const { newDoc } = transaction;
      const lines = new Set(effect.value.filter((from) => from <= newDoc.length).map((from) => newDoc.lineAt(from).from));
      const built = new RangeSetBuilder<GutterMarker>();
      for (const line of [...lines].sort((one, other) => one - other)) built.add(line, line, BULB);
      return built.finish();
    }
    return shown.map(transaction.changes);
  },
});

/** open: with the first and the last offset of the line whose bulb is clicked. */
export function bulbGutter(open: (from: number, to: number) => void): Extension {
  const click = (view: EditorView, { from, to }: { from: number; to: number }): boolean => {
    const has = view.state.field(bulbs).iter(from);
    if (has.value && has.from === from) open(from, to);
    return true;
  };
  return [bulbs, gutter({ class: "cm-bulbs", markers: (view) => view.state.field(bulbs), domEventHandlers: { click } })];
}

export function showBulbs(view: EditorView, places: readonly number[]): void {
  view.dispatch({ effects: setBulbs.of(places) });
}
