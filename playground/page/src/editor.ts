/** The mapping's editor: CodeMirror in a shadow root, with what the session answers shown in it. */
import { acceptCompletion, completionKeymap } from "@codemirror/autocomplete";
import { history, isolateHistory } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { setDiagnostics, type Diagnostic as Squiggle } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { bulbGutter, showBulbs } from "./editor-bulbs";
import { completing } from "./editor-completion";
import { hovering } from "./editor-hover";
import { markExtensions, showCoverage, showMarks, type CoverageRow } from "./editor-marks";
import { theme, viewIn } from "./editor-theme";
import { find, searching, wrap, wrapped } from "./editor-search";
import { KEY_BINDINGS, indents, typing } from "./editor-typing";
import { inline, plain } from "./markdown-dom";
import { outline } from "./outline";
import type { Mark } from "./pointing";
import type { Diagnostic, Edit } from "./protocol";
import type { Session, TextView } from "./session";

/** A pointer that only passes over values does not make the mapping jump. */
const POINTING = 180;

export class MappingEditor implements TextView {
  readonly view: EditorView;
  private squiggles: readonly Diagnostic[] = [];
  private marks: readonly Mark[] = [];
  private coverage: readonly CoverageRow[] = [];
  private silent = false;
  /** The states of files that were open before, with what can be undone. */
  private readonly left = new Map<string, EditorState>();
  private file = "";
  private scrolling = 0;

  constructor(host: HTMLElement, private readonly session: Session) {
    this.view = viewIn(host, this.stateOf(session.state.mapping.text));
  }

  /** The text of the file that is open now. What was undone in a file before can be undone when it is open again. */
  setText(text: string): void {
    this.silent = true;
    this.left.set(this.file, this.view.state);
    this.file = this.nameOfFile;
    const kept = this.left.get(this.file);
    this.view.setState(kept ?? this.stateOf(text));
    const { doc } = this.view.state;
    if (doc.toString() !== text) {
      const changes = { from: 0, to: doc.length, insert: text };
      this.view.dispatch({ changes, selection: { anchor: 0 }, annotations: isolateHistory.of("full") });
    }
    this.wrap(this.session.state.wrap);
    this.view.scrollDOM.scrollTo(0, 0);
    this.showFirstRule();
    this.silent = false;
    [this.squiggles, this.marks, this.coverage] = [[], [], []];
  }

  /** Below long comments at the head: the first screen has a rule. */
  private showFirstRule(): void {
    const { scrollDOM, defaultLineHeight } = this.view;
    const rows = outline(this.view.state.doc.toString());
    const first = rows.find((row) => /^(payload|events)[.[]/.test(row.path)) ?? rows[0];
    const above = rows.findLast((row) => first !== undefined && row.line < first.line) ?? first;
    if (!first || !above || first.line < scrollDOM.clientHeight / defaultLineHeight) return;
    this.view.dispatch({ effects: EditorView.scrollIntoView(above.from, { y: "start", yMargin: 8 }) });
  }

  apply(edits: Edit[]): void {
    const end = this.view.state.doc.length;
    const changes = edits.filter((edit) => edit.to <= end).map(({ from, to, insert }) => ({ from, to, insert }));
    const set = this.view.state.changes(changes);
    const first = Math.min(...changes.map((edit) => edit.from));
    const effects = changes.length ? EditorView.scrollIntoView(set.mapPos(first, -1), { y: "nearest", yMargin: 48 }) : [];
    this.view.dispatch({ changes: set, effects, userEvent: "input.fix" });
  }

  select(from: number, to: number, focus: boolean): void {
    const end = this.view.state.doc.length;
    this.view.dispatch({
      selection: { anchor: Math.min(from, end), head: Math.min(to, end) },
      effects: EditorView.scrollIntoView(Math.min(from, end), { y: "center" }),
    });
    if (focus) this.view.focus();
  }

  focus(): void { this.view.focus(); }
  find(): void { find(this.view); }
  wrap(on: boolean): void { wrap(this.view, on); }

  private get nameOfFile(): string {
    const { example, title, mapping } = this.session.state;
    return `${example ?? title} ${mapping.name}`;
  }

  show(found: readonly Diagnostic[], marks: readonly Mark[], rows: readonly CoverageRow[], scroll: boolean): void {
    if (found !== this.squiggles) {
      this.squiggles = found;
      this.view.dispatch(setDiagnostics(this.view.state, found.flatMap((one) => this.squiggleOf(one))));
      const own = found.filter((one) => one.fixes.length && one.place.file === this.session.state.mapping.name);
      showBulbs(this.view, own.map((one) => one.place.from));
    }
    if (marks !== this.marks && (marks.length || this.marks.length)) {
      this.marks = marks;
      showMarks(this.view, marks);
      clearTimeout(this.scrolling);
      const first = marks.find((mark) => mark.role === "rule");
      if (first && scroll) this.scrolling = window.setTimeout(() => this.bringIntoView(first.from), POINTING);
    }
    if (rows !== this.coverage) {
      this.coverage = rows;
      showCoverage(this.view, rows.filter((row) => row.place.file === this.session.state.mapping.name));
    }
  }

  /** Where a character is on the screen, or null where it is scrolled out of view. */
  rectOf(offset: number): DOMRect | null {
    if (offset > this.view.state.doc.length) return null;
    const found = this.view.coordsAtPos(offset);
    const frame = this.view.scrollDOM.getBoundingClientRect();
    if (!found || found.top < frame.top - 2 || found.bottom > frame.bottom + 2) return null;
    return new DOMRect(found.left, found.top, 0, found.bottom - found.top);
  }

  private bringIntoView(offset: number): void {
    if (offset <= this.view.state.doc.length && !this.rectOf(offset)) this.view.dispatch({ effects: EditorView.scrollIntoView(offset, { y: "center" }) });
  }

  private stateOf(doc: string): EditorState {
    return EditorState.create({ doc, extensions: this.extensions() });
  }

  private extensions(): Extension {
    return [
      bulbGutter((from, to) => this.session.fixHere(from, to)), lineNumbers(), highlightActiveLineGutter(), history(), drawSelection(), highlightActiveLine(), bracketMatching(),
      indentOnInput(), indentUnit.of("  "), yaml(), theme, typing, markExtensions, EditorState.tabSize.of(2),
      completing(this.session), hovering(this.session),
      keymap.of([{ key: "Tab", run: acceptCompletion }, { key: "F12", run: () => this.define() }, ...completionKeymap]),
      searching, indents, keymap.of(KEY_BINDINGS), wrapped(this.session.state.wrap),
      EditorView.contentAttributes.of({ "aria-label": "Mapping, YAML", tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (this.silent) return;
        if (update.docChanged) this.session.typed(update.state.doc.toString());
        if (update.selectionSet && (update.view.hasFocus || !update.docChanged)) this.pointed(update.state);
      }),
    ];
  }

  private pointed(state: EditorState): void {
    const { from, to } = state.selection.main;
    this.session.hold({ kind: "rule", from, to });
  }

  private squiggleOf(found: Diagnostic): Squiggle[] {
    const { mapping } = this.session.state;
    const end = this.view.state.doc.length;
    if (found.place.file !== mapping.name || found.place.from > end) return [];
    const from = found.place.from;
    return [{
      from, to: Math.min(Math.max(found.place.to, from), end), severity: found.severity === "advice" ? "hint" : found.severity,
      message: found.message, renderMessage: () => this.messageOf(found),
      actions: found.fixes.map((fix) => ({ name: `Fix: ${plain(fix.title)}`, apply: () => this.session.fix(fix) })),
    }];
  }

  private messageOf(found: Diagnostic): Node {
    const box = document.createElement("div");
    const code = document.createElement("button");
    code.className = "cm-said-code";
    code.type = "button";
    code.textContent = found.code;
    code.title = `Explain ${found.code}`;
    code.addEventListener("click", () => this.session.explain(found.code));
    const message = document.createElement("span");
    message.append(...inline(found.message));
    box.append(code, message);
    if (found.hint) {
      const hint = document.createElement("div");
      hint.className = "cm-said-hint";
      hint.append(...inline(found.hint));
      box.append(hint);
    }
    return box;
  }

  private define(): boolean {
    const offset = this.view.state.selection.main.head;
    void this.session.asking.ask("definition", { ...this.session.question, offset })
      .then(({ definition }) => { if (definition) this.session.goTo(definition); })
      .catch(() => null);
    return true;
  }
}
