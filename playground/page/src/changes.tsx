/** What `mapper diff` tells of the mapping as it was opened and as it is now: alarms first, over all samples. */
import { Empty, type StripProps } from "./panel";
import { PlaceLink } from "./payload-pane";
import type { Changes } from "./protocol";
import { ShownValue } from "./shown";
import { plural } from "./state";

type Row = Changes["rows"][number];
type Rule = Changes["rules"][number];

export function ChangeList({ state, session, copy }: StripProps) {
  const { changes, samples } = state;
  if (!changes) return <Empty>Changes to all samples appear here, compared with the mapping as it was opened.</Empty>;
  const { same, differ, rows, rules } = changes;
  if (!differ && !rules.length) return <Empty>{plural(same, "sample")}: no payload and no rule differs from the mapping as it was opened.</Empty>;
  const left = changes.more_rules ? ` The first ${rules.length} are here; mapper diff has all.` : "";
  return (
    <>
      <p class="panel-head">{plural(differ, "sample")} changed, {same} the same, since the mapping was opened
        <button type="button" class="quiet" onClick={() => session.change({ opened: state.mapping, changes: { same: samples.length, differ: 0, rows: [], rules: [], more_rules: 0 } })}>Compare from here</button></p>
      {rows.length ? <ul class="rows" aria-label="What is sent">{rows.map((one, index) => (
        <li key={index} class="change">
          <Alarm of={one.alarm} /><span><code>{one.path || "outcome"}</code></span>
          <Both of={one} copy={copy} />
          <span class="quiet-text">{plural(one.count, "sample")}{one.note ? ` (${one.note})` : ""}, first <button type="button" class="link" onClick={() => session.choose(one.sample)}>{samples[one.sample]?.name ?? ""}</button> <PlaceLink place={one.place} session={session} /></span>
        </li>
      ))}</ul> : null}
      {rules.length ? <><p class="panel-head">{plural(rules.length + changes.more_rules, "rule")} changed.{left}</p>
        <ul class="rows" aria-label="Rules">{rules.map((one, index) => (
          <li key={index} class="change">
            <Alarm of={one.alarm} /><span>{WORDS[one.mark]} <code>{one.title}</code></span>
            <ul class="facts">{one.facts.map((fact) => <Fact key={fact.name} of={fact} rule={one} />)}</ul>
            <span class="quiet-text">{one.sections.length ? `in ${one.sections.join("; ")} ` : ""}<PlaceLink place={one.place} session={session} /></span>
          </li>
        ))}</ul></> : null}
    </>
  );
}

const WORDS: Record<string, string> = { "+": "new", "-": "gone", "~": "changed" };

const Alarm = ({ of }: { of: string }) => <span>{of ? <span class="badge is-alarm">{of}</span> : null}</span>;

function Both({ of: { before, after }, copy }: { of: Row; copy: (text: string) => void }) {
  return (
    <span class="both">
      <span class="was">{before ? <ShownValue shown={before} copy={copy} /> : <span class="why">absent</span>}</span>
      <span aria-hidden="true">→</span><span class="unseen">became</span>
      <span class="is-now">{after ? <ShownValue shown={after} copy={copy} /> : <span class="why">absent</span>}</span>
    </span>
  );
}

function Fact({ of, rule }: { of: Rule["facts"][number]; rule: Rule }) {
  if (rule.mark !== "~") return <li>{of.name} <code>{of.new || of.old}</code></li>;
  return <li>{of.name} <code>{of.old || "none"}</code> <span aria-hidden="true">→</span><span class="unseen">became</span> <code>{of.new || "none"}</code></li>;
}
