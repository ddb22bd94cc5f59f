/** The list of completions: in the order of the answer, with a mark of each kind and the sample's value. */
import {
  autocompletion, completionStatus, snippet, type Completion as Option, type CompletionContext, type CompletionResult,
} from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { inline } from "./markdown-dom";
import type { Completion } from "./protocol";
import type { Session } from "./session";

interface Offer extends Option { one: Completion; name: string }

const MARKS: Record<string, string> = {
  attribute: "event", variable: "let", function: "fn", transform: "fn", word: "word", constant: "text", snippet: "form",
};
const ASKED = /[\w$.'"-]+|[:{[,(] ?$/;
const WORD = /^[\w$]*$/;
/** So many letters are also found within a name. */
const SHORTEST_WITHIN = 3;

export function completing(session: Session): Extension {
  return [reachable, autocompletion({
    override: [(context) => complete(context, session)], icons: false,
    addToOptions: [{ position: 20, render: (option) => markOf((option as Offer).one) }, { position: 90, render: (option) => sampleOf((option as Offer).one) }],
  })];
}

/** The list scrolls: it can have the focus, as what scrolls must. */
const reachable = EditorView.updateListener.of(({ view, state }) => {
  if (completionStatus(state) !== "active") return;
  const list = () => view.dom.querySelector<HTMLElement>(".cm-tooltip-autocomplete > ul");
  view.requestMeasure({ key: "reachable", read: list, write: (found) => { if (found) found.tabIndex = 0; } });
});

async function complete(context: CompletionContext, session: Session): Promise<CompletionResult | null> {
  if (!context.matchBefore(ASKED) && !context.explicit) return null;
  const mapping = { ...session.state.mapping, text: context.state.doc.toString() };
  const answer = await session.asking
    .ask("complete", { ...session.questionOfChosen, mapping, offset: context.pos })
    .catch(() => null);
  const first = answer?.completions[0];
  if (!answer || !first || context.aborted) return null;
  const offers = answer.completions.filter((one) => one.from === first.from).map(offerOf);
  return resultOf(offers, context, first.from, Math.max(first.to, context.pos));
}

/** None where all of an offer is there already: what follows is typed on, and Enter ends the line. */
function resultOf(offers: Offer[], context: CompletionContext, from: number, to: number): CompletionResult | null {
  const there = context.state.sliceDoc(from, to);
  const others = offers.filter(({ one }) => one.insert !== there);
  if (!others.length || (others.length < offers.length && !context.explicit)) return null;
  const options = near(others, context.state.sliceDoc(from, context.pos));
  return options.length === 0 ? null : {
    from, to, options, filter: false,
    update: (_, start, end, next) => {
      const written = next.state.sliceDoc(start, next.pos);
      return WORD.test(written) ? resultOf(offers, next, start, end) : null;
    },
  };
}

/** As the answer does: those that begin with what is written, then those that have it within. */
function near(offers: Offer[], written: string): Offer[] {
  const word = written.toLowerCase();
  if (!WORD.test(word)) return offers;
  const first = offers.filter(({ name }) => name.startsWith(word));
  const within = word.length < SHORTEST_WITHIN ? [] : offers.filter(({ name }) => !name.startsWith(word) && name.includes(word));
  return [...first, ...within];
}

function offerOf(one: Completion): Offer {
  const detail = one.detail.startsWith(`${one.word}(`) ? one.detail.slice(one.word.length) : one.detail;
  return {
    one, name: one.word.replace(/^\{const: /, "").toLowerCase(), label: one.word, detail, type: one.kind,
    ...(one.meaning ? { info: () => meaningBox(one.meaning) } : {}),
    apply: (view: EditorView, option: Option, from: number, to: number) => put(view, option, one, from, to),
  };
}

function put(view: EditorView, option: Option, one: Completion, start: number, end: number): void {
  if (one.snippet) {
    const { from, to, template } = widened(view, one, start, end);
    // Further lines begin at the column of the first one: after the dash of an item.
    const line = view.state.doc.lineAt(start);
    const dashes = /^ *((?:- +)*)/.exec(line.text)?.[1] ?? "";
    return snippet(template.replaceAll("\n", `\n${" ".repeat(dashes.length)}`))(view, option, from, to);
  }
  view.dispatch({
    changes: { from: start, to: end, insert: one.insert }, selection: { anchor: start + one.insert.length }, userEvent: "input.complete",
  });
}

/** A snippet with what is inserted around it, and the text between: one change, which one undo takes back. */
function widened(view: EditorView, one: Completion, start: number, end: number): { from: number; to: number; template: string } {
  let [from, to, template] = [start, end, one.snippet];
  for (const [at, insert] of one.also) {
    if (at < start) {
      template = insert + view.state.sliceDoc(at, start) + template;
      from = at;
    } else {
      to = at + end - one.to; // it has moved by what was typed since
      template += view.state.sliceDoc(end, to) + insert;
    }
  }
  return { from, to, template };
}

function markOf(one: Completion): HTMLElement {
  const mark = document.createElement("span");
  mark.className = `cm-kind cm-kind-${one.kind}`;
  mark.textContent = one.kind === "key" ? (one.detail ? "field" : "key") : one.kind === "variable" && one.meaning ? "var" : MARKS[one.kind] ?? "";
  return mark;
}

function sampleOf(one: Completion): HTMLElement | null {
  if (!one.sample) return null;
  const value = document.createElement("span");
  value.className = "cm-sample";
  value.textContent = one.sample.text;
  return value;
}

function meaningBox(meaning: string): HTMLElement {
  const box = document.createElement("div");
  box.append(...inline(meaning));
  return box;
}
