/** What the page does: each action changes the state, asks what must be asked anew, and draws. */
import { Asking, Refused } from "./client";
import type { Target } from "./pointing";
import type { About, Diagnostic, Edit, Opened, Place, Sample } from "./protocol";
import { hideHint } from "./hint";
import { FIRST, type DialogName, type Pane, type State, type Strip } from "./state";

/** The mapping's editor, as far as the session needs it. */
export interface TextView {
  setText(text: string): void;
  apply(edits: Edit[]): void;
  select(from: number, to: number, focus: boolean): void;
  focus(): void;
}

const DEBOUNCE = 150;
const SETTLED = 350;

export class Session {
  state: State = FIRST;
  editor: TextView | null = null;
  /** Called after each settled answer, with what was typed; the history is kept there. */
  onSettled: () => void = () => {};
  private typing = 0;
  private lastKey = 0;
  private settling = 0;
  private drawing = 0;
  private noticing = 0;

  constructor(readonly asking: Asking, private readonly draw: (state: State) => void) {}

  change(changes: Partial<State>): void {
    this.state = { ...this.state, ...changes };
    if (!this.drawing) {
      this.drawing = requestAnimationFrame(() => { this.drawing = 0; this.draw(this.state); });
    }
  }

  get about(): About {
    const { mapping, files, samples } = this.state;
    return { mapping, files, samples };
  }

  // Opening

  opened(opened: Opened, example: string | null): void {
    const text = opened.mapping.text.replace(/\r\n?/g, "\n");
    const mapping = { name: opened.mapping.name, text };
    this.change({
      mapping, opened: mapping, files: opened.files, samples: opened.samples, title: opened.title, example,
      chosen: example === null ? 0 : longest(opened.samples),
      read: opened.read ?? null, crlf: opened.mapping.text.includes("\r\n"), saved: true,
      steps: opened.steps ?? [], step: 0, live: null, looked: null, stale: false, ends: null, tests: null, changes: null,
      hovered: null, held: null, dialog: null, collapsed: new Set(),
    });
    this.editor?.setText(text);
    void this.run();
  }

  async example(name: string): Promise<void> {
    await this.attempt(async () => this.opened(await this.asking.ask("example", { name }), name));
  }

  async open(path: string): Promise<void> {
    await this.attempt(async () => this.opened(await this.asking.ask("open", { path }), null));
  }

  async save(): Promise<void> {
    const { mapping, read, crlf } = this.state;
    if (read === null) return this.notify("This mapping is not a file of your folder. Copy it, or share it as a link.");
    await this.attempt(async () => {
      const text = crlf ? mapping.text.replaceAll("\n", "\r\n") : mapping.text;
      const done = await this.asking.ask("save", { path: mapping.name, text, read });
      this.change({ read: done.read, saved: mapping.text === this.state.mapping.text });
      this.notify(`Saved ${mapping.name}.`);
    });
  }

  step(step: number): void {
    if (this.state.steps[step]) this.change({ step });
  }

  /** The mapping as it is after this step of the tutorial. */
  solve(): void {
    const text = this.state.steps[this.state.step]?.mapping;
    if (text !== undefined) this.rewrite(text);
  }

  /** Another text in place of the whole mapping; it can be undone in the editor. */
  rewrite(text: string): void {
    this.editor?.apply([{ file: this.state.mapping.name, from: 0, to: this.state.mapping.text.length, insert: text }]);
  }

  // Typing

  typed(text: string): void {
    if (text === this.state.mapping.text) return;
    this.change({ mapping: { ...this.state.mapping, text }, saved: false, waiting: true });
    this.later();
  }

  typedSample(text: string): void {
    const { samples, chosen } = this.state;
    if (samples[chosen]?.text === text) return;
    this.change({ samples: samples.map((one, index) => (index === chosen ? { ...one, text } : one)), waiting: true });
    this.later();
  }

  /** A first key after a pause is answered at once, further ones when typing pauses. */
  later(): void {
    clearTimeout(this.typing);
    const now = performance.now();
    const wait = now - this.lastKey > DEBOUNCE ? 0 : DEBOUNCE;
    this.lastKey = now;
    this.typing = window.setTimeout(() => void this.run(), wait);
  }

  async run(): Promise<void> {
    clearTimeout(this.typing);
    clearTimeout(this.settling);
    this.change({ waiting: true });
    const asked = this.state;
    await this.attempt(async () => {
      const { chosen, reveal } = asked;
      const live = await this.asking.ask("live", { ...this.about, chosen, reveal });
      const same = this.state.mapping === asked.mapping && this.state.samples === asked.samples;
      const last = this.state.looked;
      this.change({ live, looked: live.looked ?? last,
        lookedText: live.looked ? asked.mapping.text : this.state.lookedText, stale: live.looked === null && last !== null, waiting: !same });
      this.settling = window.setTimeout(() => void this.settle(), SETTLED);
    });
  }

  /** What takes longer, and is asked only when typing has stopped: all samples, the tests, the changes. */
  private async settle(): Promise<void> {
    await this.attempt(async () => {
      if (this.state.waiting) return;
      this.onSettled();
      if (!this.state.live?.sends) return;
      const { reveal, opened } = this.state;
      this.change({ ends: await this.asking.ask("ends", { ...this.about, reveal }) });
      this.change({ changes: await this.asking.ask("changes", { ...this.about, before: opened, reveal }) });
      this.change({ tests: this.state.live.tests ? await this.asking.ask("tests", { ...this.about, reveal }) : { ok: true, results: [] } });
    });
  }

  /** Does it; what goes wrong is said on the page. */
  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      if (this.state.failure) this.change({ failure: "" });
    } catch (error) {
      if (error instanceof Refused) {
        this.change({ waiting: false });
        this.notify(error.hint ? `${error.message} ${error.hint}` : error.message);
      } else {
        this.change({ failure: error instanceof Error ? error.message : String(error), waiting: false });
      }
    }
  }

  notify(notice: string): void {
    clearTimeout(this.noticing);
    this.change({ notice });
    this.noticing = window.setTimeout(() => this.change({ notice: "" }), 6000);
  }

  // Samples

  choose(chosen: number): void {
    this.change({ chosen, held: null, hovered: null });
    void this.run();
  }

  setSamples(samples: Sample[], chosen: number): void {
    this.change({ samples, chosen: Math.max(0, Math.min(chosen, samples.length - 1)), held: null, hovered: null });
    void this.run();
  }

  reveal(reveal: boolean): void {
    this.change({ reveal });
    void this.run();
  }

  // Pointing

  hover(hovered: Target | null): void {
    if (JSON.stringify(hovered) === JSON.stringify(this.state.hovered)) return;
    this.change({ hovered });
  }

  hold(held: Target | null): void {
    if (held !== null && held.kind !== "rule" && this.state.hint) this.hideHint();
    this.change({ held, hovered: null });
  }

  /** For good: whoever has pointed at a value once needs no hint. */
  hideHint(): void {
    hideHint();
    this.change({ hint: false });
  }

  goTo(place: Place, focus = true): void {
    if (place.file !== this.state.mapping.name) return void this.showFile(place);
    this.change({ pane: "mapping" });
    // In a narrow window the editor is shown first, then the place in it.
    requestAnimationFrame(() => this.editor?.select(place.from, place.to, focus));
  }

  /** A place in another text: of the page, or of the folder. */
  private async showFile(place: Place): Promise<void> {
    await this.attempt(async () => {
      const own = this.state.files[place.file];
      const text = own ?? (await this.asking.ask("open", { path: place.file })).mapping.text;
      this.change({ dialog: "file", shown: { place, text: text.replace(/\r\n?/g, "\n") } });
    });
  }

  // Mistakes

  fix(fix: Diagnostic["fixes"][number]): void {
    this.editor?.apply(fix.edits.filter((edit) => edit.file === this.state.mapping.name));
  }

  goToProblem(found: Diagnostic): void {
    this.goTo(found.place);
  }

  explain(code: string): void {
    this.change({ dialog: "code", code });
  }

  // What is shown

  showStrip(strip: Strip): void { this.change({ strip, stripOpen: true, pane: "strip" }); }
  showPane(pane: Pane): void { this.change(pane === "strip" ? { pane, stripOpen: true } : { pane }); }
  showDialog(dialog: DialogName): void { this.change({ dialog }); }
}

/** The sample that shows most of an example. */
function longest(samples: Sample[]): number {
  const most = Math.max(0, ...samples.map((one) => one.text.length));
  return Math.max(0, samples.findIndex((one) => one.text.length === most));
}
