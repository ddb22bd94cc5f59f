/** The box over what the mouse is at: what it is, and its value in the chosen sample. */
import { linter } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";
import { EditorView, hoverTooltip, type Tooltip } from "@codemirror/view";
import { inline } from "./markdown-dom";
import type { Hover } from "./protocol";
import type { Session } from "./session";

/** The mouse rests on what is read, and lies anywhere while one types: milliseconds. */
const REST = 400;

export function hovering(session: Session): Extension {
  let typed = -REST;
  return [
    hoverTooltip(async (view, offset) => (performance.now() - typed < REST ? null : boxAt(view, offset, session)), {
      hoverTime: REST, hideOnChange: true,
    }),
    // The messages of problems hide too.
    linter(null, { hideOn: (transaction) => transaction.docChanged || null }),
    EditorView.updateListener.of((update) => { if (update.docChanged) typed = performance.now(); }),
  ];
}

async function boxAt(view: EditorView, offset: number, session: Session): Promise<Tooltip | null> {
  const answer = await session.asking
    .ask("hover", { ...session.questionOfChosen, offset }).catch(() => null);
  const hover = answer?.hover;
  if (!hover || !(hover.meaning || hover.type || hover.value || hover.steps.length || hover.overrides.length) || hover.place.to > view.state.doc.length) return null;
  return { pos: hover.place.from, end: hover.place.to, above: true, create: () => ({ dom: boxOf(hover) }) };
}

function part(name: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement("div");
  made.className = name;
  made.append(...children);
  return made;
}

/** A part of an expression is told for itself; the steps are those of the field that it is in. */
function boxOf(hover: Hover): HTMLElement {
  const isName = hover.kind === "variable" || hover.kind === "function";
  const name = hover.kind === "key" ? hover.path || hover.text : hover.text;
  const type = hover.type === "unknown" ? "" : hover.type;
  const box = part("cm-field", part("cm-field-head", name, part("cm-field-type", type || hover.kind)));
  if (hover.overrides.length) {
    box.append(part("cm-field-steps", `overrides ${hover.overrides.map((one) => `${one.file}:${one.line}`).join(", ")}`));
  }
  if (hover.meaning) box.append(part("cm-field-meaning", ...inline(hover.meaning)));
  if (hover.path && hover.path !== name) box.append(part("cm-field-steps", `in ${hover.path}`));
  if (hover.steps.length && !isName) {
    box.append(part("cm-field-steps", hover.steps.map((step) => (step.inserted ? `+ ${step.text}` : step.text)).join(" → ")));
  }
  if (hover.value) box.append(part("cm-field-steps", `= ${hover.value.text}`));
  else if (hover.why) box.append(part("cm-field-steps", ...inline(hover.why)));
  return box;
}
