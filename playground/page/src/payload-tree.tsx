/** The payload as a tree, with the rule that made each value beside it. */
import { Icon } from "./icons";
import { plain } from "./markdown-dom";
import { Said } from "./nodes";
import type { Pointed } from "./pointing";
import type { OutcomeShown, PayloadNode, StepShown } from "./protocol";
import type { Session } from "./session";
import { ShownValue } from "./shown";
import { plural, type State } from "./state";
import { Tree, visible, type TreeRow } from "./tree";

interface PayloadProps { state: State; session: Session; pointed: Pointed; copy: (text: string) => void }

export function PayloadTree({ outcome, number, ...props }: PayloadProps & { outcome: OutcomeShown; number: number }) {
  const { state, session, pointed } = props;
  const { rows: all, single } = withoutSingles(outcome.rows);
  const parents = parentsOf(all);
  const shown = visible(all, (row) => state.collapsed.has(row.id));
  const selected = state.held?.kind === "payload" ? state.held.id : null;
  const find = (id: string) => all.find((row) => row.id === id);
  const rows = shown.map((row): TreeRow => ({
    id: row.id, depth: row.depth, parent: parents.has(row.id), open: !state.collapsed.has(row.id), label: spoken(row),
    className: `${classOf(row, pointed, selected)} ${single.has(row.id) ? "is-single" : ""}`, content: <Line row={row} {...props} />,
    ...(row.id === selected && row.kind !== "object" ? { below: <Steps row={row} {...props} /> } : {}),
  }));
  return (
    <Tree label={number ? `Payload ${number + 1}` : "Payload"} rows={rows} selected={selected}
      onSelect={(id) => session.hold({ kind: "payload", id })}
      onOpen={(id) => { const rule = find(id)?.rule; if (rule) session.goTo(rule); }}
      onToggle={(id) => session.change({ collapsed: toggled(state.collapsed, id) })}
      onHover={(id) => session.hover(id === null ? null : { kind: "payload", id })} />
  );
}

export function toggled(set: ReadonlySet<string>, one: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(one)) next.add(one);
  return next;
}

function Line({ row, state, session, copy }: PayloadProps & { row: PayloadNode }) {
  const inserted = row.steps.filter((step) => step.inserted).length;
  return (
    <>
      <span class="key" title={row.path}>{row.key}</span>
      {row.kind === "absent" ? <span class="why" title={plain(whyOf(row))}><Why row={row} /></span>
        : row.shown && row.kind === "leaf" ? <ShownValue shown={row.shown} copy={copy} />
        : <span class="value value-count">{row.shown?.text ?? ""}</span>}
      {row.rule ? (
        <a class="made-by" href="#mapping" tabIndex={state.held?.kind === "payload" && state.held.id === row.id ? 0 : -1}
          title={`${row.source} (line ${row.rule.line} of ${row.rule.file})`} aria-label={`made by line ${row.rule.line}: ${row.source}`}
          onClick={(event) => { event.preventDefault(); event.stopPropagation(); session.hold({ kind: "payload", id: row.id }); if (row.rule) session.goTo(row.rule); }}>
          <span class="source">{row.source}</span>
          {row.kind !== "absent" && row.steps.length ? <span class="step-count">{row.steps.length === inserted ? "+" : ""}{plural(row.steps.length, "step")}</span> : null}
        </a>
      ) : null}
    </>
  );
}

function Steps({ row, copy }: PayloadProps & { row: PayloadNode }) {
  return (
    <div class="steps">
      {row.kind === "absent" ? <p class="steps-why"><Why row={row} />.{row.required ? " The field is required." : ""}</p> : null}
      {row.read ? (
        <div class="step"><span class="step-name">reads <code>{row.reads.join(", ") || row.source}</code></span><ShownValue shown={row.read} copy={copy} /></div>
      ) : null}
      {row.steps.map((step, index) => <Step key={index} step={step} copy={copy} />)}
      {row.steps.some((step) => step.inserted) ? <p class="steps-note">Dashed steps are put in by the compiler, because the schema requires them.</p> : null}
      {row.rule ? <p class="steps-note">Line {row.rule.line}{row.personal ? ", a personal field" : ""}{row.required ? ", required" : ""}. Press Enter to go to the rule.</p> : null}
    </div>
  );
}

/** Without the word that its look says already. */
const whyOf = (row: PayloadNode): string => row.why.replace(/^absent: /, "") || "absent";

/** The reason of an absent field. */
function Why({ row }: { row: PayloadNode }) {
  const why = whyOf(row);
  return <Said text={why} />;
}

function Step({ step, copy }: { step: StepShown; copy: (text: string) => void }) {
  return (
    <div class={`step ${step.inserted ? "is-inserted" : ""} ${step.failure ? "is-failed" : ""}`}>
      <span class="step-name"><code class="chip" title={step.text}>{step.text}</code></span>
      {step.failure ? <span class="why"><Said text={step.failure} /></span> : step.value ? <ShownValue shown={step.value} copy={copy} /> : null}
    </div>
  );
}

export function Legend({ outcome }: { outcome: OutcomeShown }) {
  return outcome.absent ? <p class="legend"><Icon name="minus" /> {plural(outcome.absent, "field")} absent, each with its reason</p> : null;
}

/** Lists of one value as one row each: most lists of a payload hold one digest. */
function withoutSingles(rows: PayloadNode[]): { rows: PayloadNode[]; single: Set<string> } {
  const found: PayloadNode[] = [];
  const single = new Set<string>();
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (!row) continue;
    const inner = rows[at + 1];
    const isSingle = row.kind === "array" && inner?.kind === "leaf" && inner.depth === row.depth + 1 && (rows[at + 2]?.depth ?? 0) <= row.depth;
    if (isSingle) {
      found.push({ ...row, kind: "leaf", shown: inner.shown, personal: inner.personal });
      single.add(row.id);
      at++;
    } else found.push(row);
  }
  return { rows: found, single };
}

function parentsOf(rows: PayloadNode[]): Set<string> {
  const parents = new Set<string>();
  rows.forEach((row, index) => { if ((rows[index + 1]?.depth ?? 0) > row.depth) parents.add(row.id); });
  return parents;
}

function classOf(row: PayloadNode, pointed: Pointed, selected: string | null): string {
  return [`is-${row.kind}`, pointed.rows.has(row.id) ? "is-lit" : "", row.id === selected ? "is-held" : "", row.required ? "is-required" : ""].join(" ");
}

function spoken(row: PayloadNode): string {
  const value = row.kind === "absent" ? row.why || "absent" : (row.shown?.text ?? "");
  const made = row.rule ? `, made by line ${row.rule.line}: ${row.source}` : "";
  const steps = row.steps.length ? `, steps: ${row.steps.map((step) => step.text).join(", ")}` : "";
  return plain(`${row.key}: ${value}${made}${steps}`);
}
