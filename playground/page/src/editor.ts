/** The mapping's editor: CodeMirror in a shadow root, with what the session answers shown in it. */
import { acceptCompletion, autocompletion, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { history, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { setDiagnostics, type Diagnostic as Squiggle } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import {
  EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers, type Tooltip,
} from "@codemirror/view";
import { markExtensions, showCoverage, showMarks, type CoverageRow } from "./editor-marks";
import { theme, viewIn } from "./editor-theme";
import { KEY_BINDINGS, typing } from "./editor-typing";
import { inline } from "./markdown-dom";
import type { Mark } from "./pointing";
import type { Completion, Diagnostic, Edit, Hover } from "./protocol";
import type { Session, TextView } from "./session";

/** A pointer that only passes over values does not make the mapping jump. */
const POINTING = 180;

export class MappingEditor implements TextView {
  readonly view: EditorView;
  private squiggles: readonly Diagnostic[] = [];
  private marks: readonly Mark[] = [];
  private coverage: readonly CoverageRow[] = [];
  private silent = false;
  private scrolling = 0;

  constructor(host: HTMLElement, private readonly session: Session) {
    this.view = viewIn(host, this.stateOf(session.state.mapping.text));
  }

  setText(text: string): void {
    this.silent = true;
    this.view.setState(this.stateOf(text));
    this.silent = false;
    [this.squiggles, this.marks, this.coverage] = [[], [], []];
  }

  apply(edits: Edit[]): void {
    const end = this.view.state.doc.length;
    const changes = edits.filter((edit) => edit.to <= end).map(({ from, to, insert }) => ({ from, to, insert }));
    this.view.dispatch({ changes, userEvent: "input.fix" });
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

  show(found: readonly Diagnostic[], marks: readonly Mark[], rows: readonly CoverageRow[], scroll: boolean): void {
    if (found !== this.squiggles) {
      this.squiggles = found;
      this.view.dispatch(setDiagnostics(this.view.state, found.flatMap((one) => this.squiggleOf(one))));
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
      lineNumbers(), highlightActiveLineGutter(), history(), drawSelection(), highlightActiveLine(), bracketMatching(),
      indentOnInput(), indentUnit.of("  "), yaml(), theme, typing, markExtensions, EditorState.tabSize.of(2),
      autocompletion({ override: [(context) => this.complete(context)], icons: false }),
      hoverTooltip((view, offset) => this.hover(view, offset), { hoverTime: 400 }),
      keymap.of([
        { key: "Tab", run: acceptCompletion }, { key: "F12", run: () => this.define() },
        ...completionKeymap, ...KEY_BINDINGS, indentWithTab,
      ]),
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
      actions: found.fixes.map((fix) => ({ name: `Fix: ${fix.title}`, apply: () => this.session.fix(fix) })),
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

  private async complete(context: CompletionContext): Promise<CompletionResult | null> {
    const word = context.matchBefore(/[\w$.'"-]+|[:{[,(] ?$/);
    if (!word && !context.explicit) return null;
    const { question, state } = this.session;
    const mapping = { ...state.mapping, text: context.state.doc.toString() };
    const answer = await this.session.asking
      .ask("complete", { ...question, mapping, offset: context.pos, chosen: state.chosen })
      .catch(() => null);
    const first = answer?.completions[0];
    if (!answer || !first || context.aborted) return null;
    return { from: first.from, options: answer.completions.map((one) => optionOf(one)), validFor: /^[\w$]*$/ };
  }

  private async hover(view: EditorView, offset: number): Promise<Tooltip | null> {
    const { question, state } = this.session;
    const answer = await this.session.asking
      .ask("hover", { ...question, offset, chosen: state.chosen, reveal: state.reveal }).catch(() => null);
    const hover = answer?.hover;
    if (!hover || !(hover.meaning || hover.type || hover.value || hover.steps.length) || hover.place.to > view.state.doc.length) return null;
    return { pos: hover.place.from, end: hover.place.to, above: true, create: () => ({ dom: hoverBox(hover) }) };
  }

  private define(): boolean {
    const offset = this.view.state.selection.main.head;
    void this.session.asking.ask("definition", { ...this.session.question, offset })
      .then(({ definition }) => { if (definition) this.session.goTo(definition); })
      .catch(() => null);
    return true;
  }
}

function optionOf(one: Completion) {
  return {
    label: one.word, detail: one.detail, type: one.kind,
    ...(one.meaning ? { info: () => meaningBox(one.meaning) } : {}),
    apply: (view: EditorView, _: unknown, from: number, to: number) => {
      view.dispatch({
        changes: { from, to, insert: one.insert }, selection: { anchor: from + one.insert.length }, userEvent: "input.complete",
      });
    },
  };
}

function meaningBox(meaning: string): HTMLElement {
  const box = document.createElement("div");
  box.append(...inline(meaning));
  return box;
}

function hoverBox(hover: Hover): HTMLElement {
  const part = (name: string, ...children: (Node | string)[]) => {
    const made = document.createElement("div");
    made.className = name;
    made.append(...children);
    return made;
  };
  const kind = part("cm-field-type", hover.type || hover.kind);
  const box = part("cm-field", part("cm-field-head", hover.path || hover.kind, kind));
  if (hover.meaning) box.append(part("cm-field-meaning", ...inline(hover.meaning)));
  if (hover.steps.length) {
    box.append(part("cm-field-steps", hover.steps.map((step) => (step.inserted ? `+ ${step.text}` : step.text)).join(" → ")));
  }
  if (hover.value) box.append(part("cm-field-steps", `= ${hover.value.text}`));
  else if (hover.why) box.append(part("cm-field-steps", hover.why));
  return box;
}
