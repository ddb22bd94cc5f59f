/** The event's text, as JSON that can be edited. */
import { history, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { theme, viewIn } from "./editor-theme";
import { KEY_BINDINGS, typing } from "./editor-typing";
import type { Live } from "./protocol";
import type { Session } from "./session";

export class EventEditor {
  private readonly view: EditorView;
  private live: Live | null = null;

  constructor(host: HTMLElement, private readonly session: Session) {
    this.view = viewIn(host, this.stateOf(this.text));
  }

  private get text(): string {
    const { samples, chosen } = this.session.state;
    return samples[chosen]?.text ?? "";
  }

  /** So that what is pasted or typed replaces all of it. */
  selectAll(): void {
    this.view.focus();
    this.view.dispatch({ selection: { anchor: 0, head: this.view.state.doc.length } });
  }

  private paste(text: string): boolean {
    const { main } = this.view.state.selection;
    if (main.from > 0 || main.to < this.view.state.doc.length || !text.trim()) return false;
    void this.session.pastedSample(text).then((done) => {
      if (!done) this.view.dispatch(this.view.state.replaceSelection(text));
    });
    return true;
  }

  /** Shows the chosen sample, and where its text cannot be read. */
  show(live: Live | null): void {
    const text = this.text.replace(/\r\n?/g, "\n");
    if (this.view.state.doc.toString() !== text) this.view.setState(this.stateOf(text));
    if (live === this.live) return;
    this.live = live;
    const wrong = live?.unreadable?.sample === this.session.state.chosen ? live.unreadable : null;
    const from = Math.min(wrong?.from ?? 0, this.view.state.doc.length);
    this.view.dispatch(setDiagnostics(this.view.state, wrong ? [
      { from, to: Math.min(from + 1, this.view.state.doc.length), severity: "error", message: wrong.message },
    ] : []));
  }

  private stateOf(doc: string): EditorState {
    return EditorState.create({ doc, extensions: [
      lineNumbers(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), indentUnit.of("  "), json(), theme, typing,
      keymap.of([...KEY_BINDINGS, indentWithTab]),
      EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": "Event, JSON", tabindex: "0" }),
      EditorView.domEventHandlers({
        paste: (event) => {
          const taken = this.paste(event.clipboardData?.getData("text/plain") ?? "");
          if (taken) event.preventDefault();
          return taken;
        },
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) this.session.typedSample(update.state.doc.toString());
      }),
    ] });
  }
}
