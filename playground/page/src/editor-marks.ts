/** Decorations of the mapping's text: what is pointed at, lets, and which rules acted over the samples. */
import { Prec, RangeSet, RangeSetBuilder, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, MatchDecorator, ViewPlugin, gutter, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import type { Mark } from "./pointing";
import type { Ends } from "./protocol";

export type CoverageRow = Ends["coverage"][number];

const setMarks = StateEffect.define<readonly Mark[]>();
const setCoverage = StateEffect.define<readonly CoverageRow[]>();

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setMarks)) continue;
      const end = transaction.newDoc.length;
      const inside = effect.value.filter((mark) => mark.from < mark.to && mark.to <= end);
      return Decoration.set(
        inside.map((mark) => Decoration.mark({ class: `cm-mark-${mark.role}` }).range(mark.from, mark.to)), true,
      );
    }
    return shown.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

class Acted extends GutterMarker {
  constructor(readonly title: string, readonly acted: boolean) { super(); }
  override eq(other: Acted): boolean { return other.title === this.title && other.acted === this.acted; }
  override toDOM(): HTMLElement {
    const bar = document.createElement("span");
    bar.className = this.acted ? "cm-acted" : "cm-unacted";
    bar.title = this.title;
    return bar;
  }
}

const coverage = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(shown, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setCoverage)) continue;
      const lines = new Map<number, CoverageRow[]>();
      for (const row of effect.value) {
        if (row.place.to > transaction.newDoc.length) continue;
        const line = transaction.newDoc.lineAt(row.place.from).from;
        lines.set(line, [...(lines.get(line) ?? []), row]);
      }
      const built = new RangeSetBuilder<GutterMarker>();
      for (const [line, rows] of [...lines].sort(([one], [other]) => one - other)) {
        const title = rows.map((row) => `${row.name}: ${row.count === 1 ? "once" : `${row.count} times`}`).join("\n");
        built.add(line, line, new Acted(`Acted over the samples\n${title}`, rows.some((row) => row.count > 0)));
      }
      return built.finish();
    }
    return shown.map(transaction.changes);
  },
});

const lets = new MatchDecorator({ regexp: /\$[A-Za-z_]\w*/g, decoration: Decoration.mark({ class: "cm-let" }) });
const letNames = ViewPlugin.fromClass(
  class {
    shown: DecorationSet;
    constructor(view: EditorView) { this.shown = lets.createDeco(view); }
    update(update: ViewUpdate): void { this.shown = lets.updateDeco(update, this.shown); }
  },
  { decorations: (plugin) => plugin.shown },
);

export const markExtensions: Extension = [
  // Of nested decorations the one of lower precedence is outside: a let inside a rule does not cut its outline.
  Prec.lowest(marks), letNames, coverage, gutter({ class: "cm-coverage", markers: (view) => view.state.field(coverage) }),
];

export function showMarks(view: EditorView, shown: readonly Mark[]): void {
  view.dispatch({ effects: setMarks.of(shown) });
}
export function showCoverage(view: EditorView, rows: readonly CoverageRow[]): void {
  view.dispatch({ effects: setCoverage.of(rows) });
}
