/** What the page does: each action changes the state, asks what must be asked anew, and draws. */
import { Asking, Refused, saidOf } from "./client";
import type { Target } from "./pointing";
import type { MappingQuestion, Answers, Diagnostic, Doc, Edit, Opened, Place, Sample } from "./protocol";
import { hideHint } from "./hint";
import { FIRST, type DialogName, type Pane, type State, type Strip, plural } from "./state";

/** The mapping's editor, as far as the session needs it. */
export interface TextView {
  setText(text: string): void;
  apply(edits: Edit[]): void;
  select(from: number, to: number, focus: boolean): void;
  focus(): void;
}

const DEBOUNCE = 150;
const SETTLED = 350;
const TODO = /\{todo: [^}]*\}/;

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
    if (!this.drawing) this.drawing = requestAnimationFrame(() => this.drawNow());
  }

  private drawNow(): void {
    cancelAnimationFrame(this.drawing);
    this.drawing = 0;
    this.draw(this.state);
  }

  get question(): MappingQuestion {
    const { mapping, files, samples } = this.state;
    return { mapping, files, samples };
  }

  // Opening

  opened(opened: Opened, example: string | null): void {
    const text = opened.mapping.text.replace(/\r\n?/g, "\n");
    const mapping = { name: opened.mapping.name, text };
    const left = this.state;
    const unsaved = left.read !== null && !left.saved && left.live !== null;
    if (unsaved) this.onSettled();
    this.change({
      mapping, opened: mapping, files: opened.files, samples: opened.samples, title: opened.title, example,
      chosen: example === null ? 0 : longest(opened.samples),
      read: opened.read ?? null, crlf: opened.mapping.text.includes("\r\n"), saved: true,
      steps: opened.steps ?? [], step: 0, live: null, view: null, stale: false, ends: null, tests: null, changes: null,
      hovered: null, held: null, dialog: null, collapsed: new Set(),
    });
    this.editor?.setText(text);
    if (unsaved) this.notify(`${left.mapping.name} was not saved. Its text is in the local history.`);
    void this.run();
  }

  async example(name: string): Promise<void> {
    await this.attempt(async () => this.opened(await this.asking.ask("example", { name }), name));
  }

  async open(path: string): Promise<void> {
    await this.attempt(async () => this.opened(await this.asking.ask("open", { path }), null));
  }

  /** Asks for events to draft a mapping from. pasted: those that are there already. */
  newMapping(pasted = ""): void {
    this.change({ dialog: "new", pasted });
  }

  drafted(draft: Answers["draft"]): void {
    this.opened(draft, null);
    this.change({ saved: false, eventView: "text", strip: "problems", stripOpen: true });
    this.notify(saidOfDraft(draft));
  }

  /** over: the digest of what is replaced, if not of what was opened. */
  async save(over = this.state.read): Promise<void> {
    const { mapping, crlf } = this.state;
    if (over === null) return this.notify("This mapping is not a file of your folder. Copy it, or share it as a link.");
    await this.attempt(async () => {
      const text = crlf ? mapping.text.replaceAll("\n", "\r\n") : mapping.text;
      const done = await this.asking.ask("save", { path: mapping.name, text, read: over });
      if (!done.saved) return this.change({ conflict: done, dialog: "conflict" });
      this.change({ dialog: null, read: done.read, saved: mapping.text === this.state.mapping.text });
      if (!over) this.listed(mapping.name);
      this.notify(`Saved ${mapping.name}.`);
    });
  }

  /** A new file of the folder can be opened like the others. */
  private listed(file: string): void {
    const { start } = this.state;
    if (start) this.change({ start: { ...start, files: [...(start.files ?? []), file].sort() } });
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
    const hasPaused = now - this.lastKey > DEBOUNCE;
    this.lastKey = now;
    // Not even by a timer of 0 ms: it would run after the frame that shows the key is drawn.
    if (hasPaused) void this.run();
    else this.typing = window.setTimeout(() => void this.run(), DEBOUNCE);
  }

  async run(): Promise<void> {
    clearTimeout(this.typing);
    clearTimeout(this.settling);
    this.change({ waiting: true });
    const asked = this.state;
    await this.attempt(async () => {
      const { chosen, reveal } = asked;
      const live = await this.asking.ask("live", { ...this.question, chosen, reveal });
      const same = this.state.mapping === asked.mapping && this.state.samples === asked.samples;
      const last = this.state.view;
      this.change({ live, view: live.view ?? last,
        viewText: live.view ? asked.mapping.text : this.state.viewText, stale: live.view === null && last !== null, waiting: !same });
      this.drawNow();
      this.settling = window.setTimeout(() => void this.settle(), SETTLED);
    });
  }

  /** What takes longer, and is asked only when typing has stopped: all samples, the tests, the changes. */
  private async settle(): Promise<void> {
    await this.attempt(async () => {
      if (this.state.waiting) return;
      this.onSettled();
      if (!this.state.live?.sends) return;
      const { reveal, opened, mapping, samples, live } = this.state;
      // What is opened or typed meanwhile is another text, which these answers are not of.
      const show = (changes: Partial<State>) => {
        const same = this.state.mapping === mapping && this.state.samples === samples && this.state.reveal === reveal;
        if (same) this.change(changes);
        return same;
      };
      if (!show({ ends: await this.asking.ask("ends", { ...this.question, reveal }) })) return;
      if (!show(await this.changesSince(opened, reveal))) return;
      show({ tests: live.tests ? await this.asking.ask("tests", { ...this.question, reveal }) : { ok: true, results: [] } });
    });
  }

  /** What differs from a mapping. One that has errors sent nothing: the first that sends is compared with. */
  private async changesSince(before: Doc, reveal: boolean): Promise<Partial<State>> {
    const { question } = this;
    try {
      return { changes: await this.asking.ask("changes", { ...question, before, reveal }) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { changes: null, opened: question.mapping };
    }
  }

  /** Does it; what goes wrong is said on the page. */
  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      if (this.state.failure) this.change({ failure: "" });
    } catch (error) {
      if (error instanceof Refused) {
        this.change({ waiting: false });
        this.notify(saidOf(error));
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

  /** Pasted in place of all of a sample: its events, each a sample. False where there is none. */
  async pastedSample(text: string): Promise<boolean> {
    const asked = this.state;
    let done = false;
    await this.attempt(async () => {
      const { samples: found } = await this.asking.ask("read_samples", { name: "event", text });
      if (!found.length || this.state.samples !== asked.samples || this.state.chosen !== asked.chosen) return;
      const own = found.map((one, at) => ({ ...one, name: found.length > 1 ? one.name : asked.samples[asked.chosen + at]?.name ?? one.name }));
      this.setSamples(asked.samples.toSpliced(asked.chosen, 1, ...own), asked.chosen);
      if (own.length > 1) this.notify(`${plural(own.length, "event")} pasted, each as a sample.`);
      done = true;
    });
    return done;
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
    const edits = fix.edits.filter((edit) => edit.file === this.state.mapping.name);
    this.editor?.apply(edits);
    // What is to be filled in is selected: what is typed next replaces it.
    const [first] = edits;
    const todo = first && TODO.exec(first.insert);
    if (todo) this.editor?.select(first.from + todo.index, first.from + todo.index + todo[0].length, true);
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

/** What is said of a draft: how much was read, and what is left to do. */
function saidOfDraft({ samples, todos, more, problems }: Answers["draft"]): string {
  const left = todos ? `${plural(todos, "place")} to decide: F8 goes to the next.` : "Nothing is left to decide.";
  const read = `${plural(samples.length, "event")} read.${more ? ` ${more} more are not shown.` : ""}`;
  return [read, left, ...problems.slice(0, 2)].join(" ");
}
