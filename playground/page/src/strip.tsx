/** The strip under the panes: problems, tests, decisions, the request as sent, changes, the effective mapping. */
import { useRef } from "preact/hooks";
import { ChangeList } from "./changes";
import { Divider } from "./divider";
import { EffectivePanel } from "./effective";
import { allCertain, allOfCode } from "./fixes";
import { Flow } from "./flow";
import { Icon } from "./icons";
import { plain } from "./markdown-dom";
import { Said } from "./nodes";
import { Empty, type StripProps } from "./panel";
import { PlaceLink } from "./payload-pane";
import type { Diagnostic, Doc, TestShown } from "./protocol";
import type { Session } from "./session";
import { ShownValue } from "./shown";
import { gravest, plural, problemsOf, type FixChoice, type State, type Strip as StripName } from "./state";

const NAMES: Record<StripName, string> = { problems: "Problems", tests: "Tests", decisions: "Decisions", flow: "Flow", request: "Request as sent", changes: "Changes", effective: "Effective mapping" };

export function Strip(props: StripProps) {
  const { state, session } = props;
  // It keeps its height while the mapping is typed: only one that had no problem yet needs no more than a line.
  const grown = useRef<Doc | null>(null);
  if (problemsOf(state).length) grown.current = state.opened;
  const isEmpty = state.strip === "problems" && grown.current !== state.opened;
  const tabs = Object.keys(NAMES) as StripName[];
  const walk = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!by) return;
    const next = tabs[(tabs.indexOf(state.strip) + by + tabs.length) % tabs.length] ?? "problems";
    session.change({ strip: next, stripOpen: true });
    requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus());
  };
  return (
    <section class={`pane strip ${state.stripOpen ? "" : "is-closed"} ${isEmpty ? "is-empty" : ""}`} inert={state.phase === "starting"} aria-label="Details" data-pane="strip">
      <Divider pane="strip" />
      <div class="strip-bar">
        <div class="tabs" role="tablist" aria-label="Details" onKeyDown={walk}>
          {tabs.map((name) => (
            <button key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={state.strip === name} aria-controls="strip-panel"
              tabIndex={state.strip === name ? 0 : -1} class="tab" onClick={() => session.foldStrip(name, !(state.strip === name && state.stripOpen))}>
              {NAMES[name]}<Count {...countFor(name, state)} />
            </button>
          ))}
        </div>
        <button type="button" class="icon-button wide-only" aria-label={state.stripOpen ? "Hide the details" : "Show the details"} aria-expanded={state.stripOpen}
          onClick={() => session.foldStrip(state.strip, !state.stripOpen)}><span class={`fold ${state.stripOpen ? "is-open" : ""}`}><Icon name="down" /></span></button>
      </div>
      <div class="strip-panel" id="strip-panel" role="tabpanel" aria-labelledby={`tab-${state.strip}`} tabIndex={0}>
        <Panel {...props} />
      </div>
    </section>
  );
}

function Count({ text, kind }: { text: string; kind: string }) {
  return text ? <span class={`count is-${kind}`}>{text}</span> : null;
}

function countFor(name: StripName, state: State): { text: string; kind: string } {
  const found = problemsOf(state);
  if (name === "problems") return { text: found.length ? String(found.length) : "", kind: gravest(found) ?? "note" };
  if (name === "tests" && state.tests?.results.length) {
    const failed = state.tests.results.filter((one) => !one.passed).length;
    return failed ? { text: `${failed} failed`, kind: "error" } : { text: String(state.tests.results.length), kind: "good" };
  }
  if (name === "changes") return { text: state.changes?.differ ? String(state.changes.differ) : "", kind: "note" };
  return { text: "", kind: "note" };
}

function Panel(props: StripProps) {
  const { strip } = props.state;
  if (strip === "problems") return <Problems {...props} />;
  if (strip === "tests") return <TestList {...props} />;
  if (strip === "decisions") return <Decisions {...props} />;
  if (strip === "flow") return <Flow {...props} />;
  if (strip === "request") return <RequestPanel {...props} />;
  if (strip === "effective") return <EffectivePanel {...props} />;
  return <ChangeList {...props} />;
}

function Problems({ state, session }: StripProps) {
  const found = problemsOf(state);
  if (!found.length) return <Empty>{state.live ? "No problems. Every value has the type and form that the schema requires." : "Not checked yet."}</Empty>;
  const { name } = state.mapping;
  const certain = allCertain(found, name);
  const codes = [...new Set(found.map((one) => one.code))];
  const several = new Map(codes.map((code) => [found.findIndex((one) => one.code === code), allOfCode(found, code, name)]));
  return (
    <>
      {certain.count > 1 ? <p class="panel-head"><button type="button" class="button small" onClick={() => session.offer([certain])}>Fix all {certain.count} that are certain</button></p> : null}
      <ul class="rows">{found.map((one, index) => <ProblemRow key={index} found={one} session={session} several={several.get(index)} />)}</ul>
    </>
  );
}

function ProblemRow({ found, session, several }: { found: Diagnostic; session: Session; several: FixChoice | undefined }) {
  return (
    <li class={`problem is-${found.severity}`}>
      <Icon name={found.severity === "error" ? "error" : found.severity === "warning" ? "warning" : "advice"} />
      <div class="problem-text">
        <div>
          <span class="unseen">{found.severity}: </span><Said text={found.message} />{" "}
          <PlaceLink place={found.place} session={session} />
          {found.related.map((one, index) => <span key={index} class="related">; <Said text={one.message} /> <PlaceLink place={one.place} session={session} /></span>)}
        </div>
        {found.hint ? <div class="problem-hint"><Said text={found.hint} /></div> : null}
      </div>
      <div class="problem-actions">
        {found.fixes.map((fix, index) => <button key={index} type="button" class="button small" onClick={() => session.fix(fix)} title={plain(fix.title)}>Fix: <Said text={fix.title} /></button>)}
        {several && several.count > 1 ? <button type="button" class="button small is-plain" onClick={() => session.offer([several])}>Fix all {several.count} of {found.code}</button> : null}
        <button type="button" class="code-button" onClick={() => session.explain(found.code)} aria-label={`Explain ${found.code}`}>{found.code}</button>
      </div>
    </li>
  );
}

function TestList({ state, session }: StripProps) {
  const pin = <button type="button" class="button small" disabled={!state.live?.sends} onClick={() => session.showDialog("pin")}><Icon name="pin" />Pin this sample as a test</button>;
  if (!state.live?.sends) return <Empty>Tests run when the mapping has no errors.</Empty>;
  if (!state.tests) return <Empty>Running.</Empty>;
  if (!state.tests.results.length) return <div class="empty">The mapping has no tests. {pin}</div>;
  const failed = state.tests.results.filter((one) => !one.passed).length;
  return (
    <>
      <p class="panel-head">{failed ? `${failed} of ${plural(state.tests.results.length, "test")} failed` : `${plural(state.tests.results.length, "test")} passed`} {pin}</p>
      <ul class="rows">{state.tests.results.map((one, index) => <TestRow key={index} result={one} session={session} />)}</ul>
    </>
  );
}

function TestRow({ result, session }: { result: TestShown; session: Session }) {
  return (
    <li class={`test ${result.passed ? "is-passed" : "is-failed"}`}>
      <Icon name={result.passed ? "check" : "close"} />
      <div>
        <div><span class="unseen">{result.passed ? "passed: " : "failed: "}</span>{result.name} <PlaceLink place={result.place} session={session} /></div>
        {result.differences.map((one, index) => (
          <div key={index} class="difference">
            <code>{one.path}</code> {one.message ? <Said text={one.message} /> : null}
            {one.expected ? <div class="diff-line is-removed"><span class="unseen">expected </span>{one.expected}</div> : null}
            {one.got ? <div class="diff-line is-added"><span class="unseen">got </span>{one.got}</div> : null}
            {one.made_by.map((made, at) => <div key={at} class="quiet-text">made by <code>{made.source}</code> <PlaceLink place={made.place} session={session} />{made.why ? <Said text={`: ${made.why}`} /> : null}</div>)}
          </div>
        ))}
      </div>
    </li>
  );
}

function Decisions({ state, session, copy }: StripProps) {
  const rows = state.view?.decisions ?? [];
  if (!rows.length) return <Empty>{state.view ? "No rule decided anything about this sample: the mapping has no `when`, `skip` or `case` that it reaches." : "Decisions appear when the mapping has no errors."}</Empty>;
  return (
    <ul class="rows">
      {rows.map((one, index) => (
        <li key={index} class="decision">
          <span class="decision-part">{one.part}</span>
          <div>
            <div><code>{one.source}</code> <span class="summary"><Said text={one.summary} /></span> <PlaceLink place={one.place} session={session} /></div>
            {one.reads.map((read, at) => <div key={at} class="quiet-text"><code>{read.text}</code> {read.value ? <ShownValue shown={read.value} copy={copy} /> : <Said text={read.why} />}</div>)}
          </div>
          {one.value ? <ShownValue shown={one.value} copy={copy} /> : null}
        </li>
      ))}
    </ul>
  );
}

function RequestPanel({ state, copy }: StripProps) {
  const request = state.view?.request;
  if (!request) return <Empty>{state.view ? "This sample sends no request." : "The request appears when the mapping has no errors."}</Empty>;
  return (
    <div class="request">
      <p class="panel-head"><span class="badge">{request.method}</span> <code>{request.url}</code>
        <button type="button" class="quiet" onClick={() => copy(request.body)}><Icon name="copy" />Copy the body</button></p>
      <dl class="headers">{request.headers.map(([name, value], index) => <div key={index}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <pre class="body"><code>{request.body}</code></pre>
      <p class="quiet-text">Nothing is sent from this page. The token is a placeholder.</p>
    </div>
  );
}
