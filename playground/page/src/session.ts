/** What the page does: each action changes the state, asks what must be asked anew, and draws. */
import { Asking, Refused, saidOf } from "./client";
import { choicesOf, saidOfChoice } from "./fixes";
import { keptPage, type Kept } from "./history";
import type { Target } from "./pointing";
import type { MappingQuestion, Answers, Diagnostic, Doc, Edit, Opened, Place, Sample } from "./protocol";
import { ALL, FIRST, type DialogName, type FixChoice, type Pane, type State, type Strip, plural, problemsOf } from "./state";
import { store } from "./stored";

/** The mapping's editor, as far as the session needs it. */
export interface TextView {
  setText(text: string): void;
  apply(edits: Edit[]): void;
  select(from: number, to: number, focus: boolean): void;
  focus(): void;
  find(): void;
  wrap(on: boolean): void;
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

  /** About the chosen sample alone: a key is answered as soon beside thousands of others. */
  get questionOfChosen(): MappingQuestion & { chosen: number; reveal: boolean } {
    const { samples, chosen, reveal } = this.state;
    return { ...this.question, samples: samples.slice(chosen, chosen + 1), chosen: 0, reveal };
  }

  /** In a tutorial, which has few samples: all of them, and the step, for the answer to say whether it is done. */
  private get questionOfStep() {
    const { steps, step, example, chosen, reveal } = this.state;
    return steps.length && example !== null ? { ...this.question, chosen, reveal, step: { tutorial: example, at: step } } : null;
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
      steps: opened.steps ?? [], step: 0, ...(opened.steps?.length ? { pane: "mapping" as const } : {}), live: null, view: null, stale: false, ends: null, tests: null, changes: null, effective: null, editsEvent: false,
      wanted: ALL, openedSamples: opened.samples, unsaved: null, leftOut: [leftOutOf(opened.more ?? 0), opened.left_out ?? ""].filter(Boolean).join(" "),
      hovered: null, held: null, dialog: null, collapsed: new Set(),
    });
    this.editor?.setText(text);
    if (unsaved) this.notify(`${left.mapping.name} was not saved. Its text is in the local history.`);
    void this.run();
  }

  /** What was not saved in an earlier visit, in place of the text of the file that is open. */
  restore(kept: Kept): void {
    const { title, read, crlf, opened } = this.state;
    const page = keptPage(kept);
    if (!page) return;
    this.opened({ ...page, title, ...(read === null ? {} : { read }) }, null);
    this.change({ opened, crlf, saved: false });
  }

  async example(name: string): Promise<void> {
    await this.attempt(async () => this.opened(await this.asking.ask("example", { name }), name));
  }

  async open(path: string): Promise<void> {
    await this.attempt(async () => {
      this.opened(await this.asking.ask("open", { path }), null);
      store("file", path);
    });
  }

  /** A text of the local history; one of the folder can be saved there again. */
  async recall(kept: Kept): Promise<void> {
    const page = keptPage(kept);
    if (!page) return;
    const file = page.mapping.name;
    if (!kept.own || !this.state.start?.files) return this.opened({ ...page, title: kept.title }, null);
    if (!this.state.start.files.includes(file)) {
      this.opened({ ...page, title: file, read: "" }, null);
      return this.change({ saved: false });
    }
    await this.open(file);
    if (this.state.mapping.name === file) this.restore(kept);
  }

  /** Asks for events to draft a mapping from. pasted: those that are there already. */
  newMapping(pasted = ""): void {
    this.change({ dialog: "new", pasted });
  }

  drafted(draft: Answers["draft"]): void {
    this.opened(draft, null);
    this.change({ saved: false, eventView: "text", strip: "problems", stripOpen: true });
    const todo = TODO.exec(draft.mapping.text);
    if (todo) this.editor?.select(todo.index, todo.index, false);
    // It is still to be gone to.
    this.change({ held: null, ...unreadOf(draft.problems, this.state.leftOut) });
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
      store("file", mapping.name);
      this.notify(`Saved ${mapping.name}.`);
    });
  }

  /** A new file of the folder can be opened like the others. */
  private listed(file: string): void {
    const { start } = this.state;
    if (start) this.change({ start: { ...start, files: [...(start.files ?? []), file].sort() } });
  }

  step(step: number): void {
    if (!this.state.steps[step]) return;
    this.change({ step });
    void this.run();
  }

  /** The mapping as it is after this step of the tutorial. */
  solve(): void {
    const text = this.state.steps[this.state.step]?.mapping;
    if (text === undefined) return;
    const written = changedPart(this.state.mapping.text, text);
    this.editor?.apply([{ ...written, file: this.state.mapping.name }]);
    this.editor?.select(written.from, written.from + written.insert.length, true);
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
      const live = await this.asking.ask("live", this.questionOfStep ?? this.questionOfChosen);
      if (live.unreadable) live.unreadable.sample = asked.chosen;
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
      const { samples: found, problems } = await this.asking.ask("read_samples", { name: "event", text });
      if (!found.length || this.state.samples !== asked.samples || this.state.chosen !== asked.chosen) return;
      const own = found.map((one, at) => ({ ...one, name: found.length > 1 ? one.name : asked.samples[asked.chosen + at]?.name ?? one.name }));
      this.setSamples(asked.samples.toSpliced(asked.chosen, 1, ...own), asked.chosen);
      this.change(unreadOf(problems));
      if (own.length > 1) this.notify(`${plural(own.length, "event")} pasted, each as a sample.`);
      done = true;
    });
    return done;
  }

  /** The text of the event holds personal values as they are: it is shown where they are shown, or who asks edits it. */
  editEvent(changes: Partial<State> = {}): void {
    this.change({ eventView: "text", editsEvent: true, pane: "event", ...changes });
  }

  reveal(reveal: boolean): void {
    this.change({ reveal, editsEvent: false });
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
    store("hint", "hidden");
    this.change({ hint: false });
  }

  /** The caret at its beginning: what is typed there replaces nothing. to: the end of what is to be replaced. */
  goTo(place: Place, to = place.from): void {
    if (place.file !== this.state.mapping.name) return void this.showFile(place);
    this.change({ pane: "mapping" });
    // In a narrow window the editor is shown first, then the place in it.
    requestAnimationFrame(() => this.editor?.select(place.from, to, true));
  }

  /** A problem; what is to be filled in is selected. */
  goToProblem({ place }: Diagnostic): void {
    const todo = TODO.test(this.state.mapping.text.slice(place.from, place.to));
    this.goTo(place, todo ? place.to : place.from);
  }

  /** A place in another text: of the page, or of the folder. */
  private async showFile(place: Place): Promise<void> {
    await this.attempt(async () => {
      const own = this.state.files[place.file];
      const text = own ?? (await this.asking.ask("open", { path: place.file })).mapping.text;
      this.change({ dialog: "file", shown: { place, text: text.replace(/\r\n?/g, "\n") } });
    });
  }

  /** The mapping with all that it inherits, for whoever looks at it. */
  async askEffective(): Promise<void> {
    const { mapping } = this.state;
    await this.attempt(async () => {
      const effective = await this.asking.ask("effective", this.question);
      if (this.state.mapping === mapping) this.change({ effective });
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

  /** The fixes of the problem in these characters, or of the first one: the only one is applied at once. */
  fixHere(from: number, to: number, file = this.state.mapping.name): void {
    const found = problemsOf(this.state).filter((one) => one.fixes.length && one.place.file === file);
    const here = found.find((one) => one.place.from <= to && from <= one.place.to) ?? found[0];
    const fix = here?.fixes[0];
    if (!here || !fix) return this.notify("No problem here has a fix.");
    const fixes = choicesOf(found, here, file);
    if (fixes.length > 1) return this.offer(fixes);
    this.fix(fix);
    this.notify(`Fixed: ${fix.title}`);
  }

  offer(fixes: readonly FixChoice[]): void {
    this.change({ fixes });
    this.showDialog("fixes");
  }

  fixTogether(choice: FixChoice): void {
    this.showDialog(null);
    if (choice.count === 1) this.fix({ title: choice.title, safe: false, edits: choice.edits });
    else this.editor?.apply(choice.edits);
    this.notify(saidOfChoice(choice));
    requestAnimationFrame(() => this.editor?.focus());
  }

  explain(code: string): void {
    this.change({ dialog: "code", code });
  }

  // What is shown

  showStrip(strip: Strip): void { this.change({ strip, stripOpen: true, pane: "strip" }); }
  /** By its owner's hand: so it is at the next visit. */
  foldStrip(strip: Strip, stripOpen: boolean): void {
    store("strip", stripOpen ? "open" : "closed");
    this.change({ strip, stripOpen });
  }
  showPane(pane: Pane): void { this.change(pane === "strip" ? { pane, stripOpen: true } : { pane }); }
  wrap(wrap: boolean): void {
    store("wrap", wrap ? "on" : "off");
    this.change({ wrap });
    this.editor?.wrap(wrap);
  }

  find(): void {
    this.change({ pane: "mapping" });
    requestAnimationFrame(() => this.editor?.find());
  }


  /** At once: what is typed next is typed into it. */
  showDialog(dialog: DialogName): void {
    this.change({ dialog });
    this.drawNow();
  }
}

/** The lines in which a text differs from another one, to be put in place of its own. */
function changedPart(was: string, now: string): { from: number; to: number; insert: string } {
  let from = 0;
  while (from < was.length && was[from] === now[from]) from++;
  from = now.lastIndexOf("\n", from - 1) + 1;
  let end = 0;
  while (end < Math.min(was.length, now.length) - from && was[was.length - 1 - end] === now[now.length - 1 - end]) end++;
  return { from, to: was.length - end, insert: now.slice(from, now.length - end) };
}

export const MOST_SAMPLES = 2000;

/** Where samples are left out, it is said beside the others. */
export function leftOutOf(more: number, file = ""): string {
  return more ? `${more.toLocaleString("en")} more events${file ? ` of ${file}` : ""} are not here: the page holds ${MOST_SAMPLES.toLocaleString("en")}. mapper stats reads whole feeds.` : "";
}

/** The sample that shows most of an example. */
function longest(samples: Sample[]): number {
  const most = Math.max(0, ...samples.map((one) => one.text.length));
  return Math.max(0, samples.findIndex((one) => one.text.length === most));
}

/** What is said of a draft: how much was read, and what is left to do. */
function saidOfDraft({ samples, todos }: Answers["draft"]): string {
  const left = todos ? `${plural(todos, "place")} to decide: F8 goes to the next.` : "Nothing is left to decide.";
  return `${plural(samples.length, "event")} read. ${left}`;
}

const MOST_UNREAD = 3;

/** Texts that hold no event are told beside the samples, until others are read. */
export function unreadOf(problems: string[], others = ""): Pick<State, "leftOut"> {
  const more = problems.length - MOST_UNREAD;
  return { leftOut: [others, ...problems.slice(0, MOST_UNREAD).map((one) => `${one}.`), more > 0 ? `${more} more cannot be read.` : ""].filter(Boolean).join(" ") };
}
