/** The page: three panes and a strip; in a narrow window one of them, by tabs. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Toast } from "./dialog";
import { Dialogs } from "./dialogs";
import { Divider } from "./divider";
import { MappingEditor } from "./editor";
import { EventText, EventTree, unreadCount } from "./event-tree";
import type { Kept } from "./history";
import { Icon } from "./icons";
import { Lines } from "./lines";
import { plain } from "./markdown-dom";
import { PayloadPane } from "./payload-pane";
import { NOTHING, pointedAt, type Pointed } from "./pointing";
import { Samples, readFile } from "./samples";
import type { Session } from "./session";
import { countOf, counted, gravest, problemsOf, type Pane, type State } from "./state";
import { Strip } from "./strip";
import { TopBar } from "./topbar";
import { Tutorial } from "./tutorial";

interface ShellProps { state: State; session: Session }

const TABS: [Pane, string][] = [["payload", "Payload"], ["mapping", "Mapping"], ["event", "Event"], ["strip", "Details"]];

export function Shell({ state, session }: ShellProps) {
  const target = state.hovered ?? state.held;
  const pointed = useMemo(
    () => pointedAt(target, state.view, state.mapping.name, state.viewText === state.mapping.text),
    [target, state.view, state.mapping, state.viewText],
  );
  const copy = (text: string) => void navigator.clipboard.writeText(text).then(
    () => session.notify("Copied."), () => session.notify("The browser does not let this page copy."));
  const shared = { state, session, pointed, copy };
  const [editor, setEditor] = useState<MappingEditor | null>(null);
  return (
    <div class={`shell shows-${state.pane}`} data-phase={state.phase}>
      <TopBar {...shared} />
      <nav class="pane-tabs" aria-label="Panes">
        {TABS.map(([pane, name]) => (
          <button key={pane} type="button" class="pane-tab" aria-pressed={state.pane === pane} onClick={() => session.showPane(pane)}>{name}
            {pane === "strip" && countOf(problemsOf(state), "error") ? <span class="count is-error">{countOf(problemsOf(state), "error")}</span> : null}</button>
        ))}
      </nav>
      <Trouble state={state} />
      {state.unsaved && !state.failure ? <Unsaved kept={state.unsaved} session={session} /> : null}
      <main class="panes" inert={state.phase === "starting"}>
        <EventPane {...shared} />
        <MappingPane {...shared} editor={editor} setEditor={setEditor} />
        <section class="pane" aria-label="Payload" data-pane="payload">
          <PaneHead title="Payload">
            <button type="button" class="quiet" aria-pressed={state.reveal} onClick={() => session.reveal(!state.reveal)}>
              <Icon name={state.reveal ? "eye" : "hidden"} />{state.reveal ? "Personal values shown" : "Personal values masked"}</button>
          </PaneHead>
          <div class="pane-scroll"><PayloadPane {...shared} /></div>
          <Divider pane="payload" />
        </section>
      </main>
      <Strip {...shared} />
      <Lines pointed={target?.kind === "rule" ? NOTHING : pointed} editor={editor} />
      <Live state={state} />
      <Drop session={session} />
      {state.dialog ? null : <Toast notice={state.notice} />}
      <Dialogs {...shared} />
    </div>
  );
}

function PaneHead({ title, detail, children }: { title: string; detail?: string; children?: preact.ComponentChildren }) {
  return <header class="pane-head"><h2>{title}</h2>{detail ? <span class="pane-detail" title={detail}>{detail}</span> : null}<span class="pane-tools">{children}</span></header>;
}

interface Part extends ShellProps { pointed: Pointed; copy: (text: string) => void }

function EventPane(props: Part) {
  const { state, session } = props;
  // The tree says what the mapping reads: while there is no mapping that can run, the event is shown as it is.
  const view = state.live && !state.view ? "text" : state.eventView;
  return (
    <section class="pane" aria-label="Event" data-pane="event">
      <PaneHead title="Event" detail={view === "tree" ? unreadCount(state.view?.event ?? []) : ""}>
        <span class="switch" role="group" aria-label="Form of the event">
          {(["tree", "text"] as const).map((one) => (
            <button key={one} type="button" aria-pressed={view === one} disabled={one !== view && !state.view} onClick={() => session.change({ eventView: one, editsEvent: false })}>{one === "tree" ? "Tree" : "JSON"}</button>
          ))}
        </span>
      </PaneHead>
      <Samples {...props} />
      {view === "text" && state.samples.length ? <EventText state={state} session={session} /> : (
        <div class="pane-scroll">
          {state.view ? <EventTree {...props} /> : null}
        </div>
      )}
      <Divider pane="event" />
    </section>
  );
}

function MappingPane({ state, session, pointed, editor, setEditor }: Part & { editor: MappingEditor | null; setEditor: (editor: MappingEditor) => void }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const made = new MappingEditor(host.current, session);
    session.editor = made;
    setEditor(made);
  }, []);
  const target = state.hovered ?? state.held;
  useEffect(() => editor?.show(state.live?.diagnostics ?? NO_PROBLEMS, pointed.marks, state.ends?.coverage ?? NO_COVERAGE, target?.kind !== "rule"));
  const elsewhere = pointed.elsewhere[0];
  return (
    <section class="pane" aria-label="Mapping" data-pane="mapping">
      <PaneHead title="Mapping" detail={state.mapping.name}><button type="button" class="quiet" aria-pressed={state.wrap} title="Alt+Z" onClick={() => session.wrap(!state.wrap)}>Wrap</button>
        <Health state={state} session={session} /></PaneHead>
      {state.steps.length ? <Tutorial state={state} session={session} /> : null}
      <div class="editor" ref={host} />
      {elsewhere ? <p class="elsewhere">This rule is in <code>{elsewhere.file}</code>, <button type="button" class="link" onClick={() => session.goTo(elsewhere)}>line {elsewhere.line}</button></p> : null}
    </section>
  );
}

const NO_PROBLEMS: never[] = [];
const NO_COVERAGE: never[] = [];

function Health({ state, session }: ShellProps) {
  const found = problemsOf(state);
  if (!state.live) return <span class="health is-waiting">checking</span>;
  const acted = state.ends?.all && !state.stale ? `, ${state.ends.acted} of ${state.ends.all} rules acted` : "";
  return (
    <button type="button" class={`health is-${gravest(found) ?? "good"} ${state.waiting ? "is-waiting" : ""}`} onClick={() => session.showStrip("problems")}>
      <span class="dot" />{counted(found)}<span class="wide-only">{acted}</span></button>
  );
}

/** Nothing of an earlier visit is shown before its owner asks for it. */
function Unsaved({ kept, session }: { kept: Kept; session: Session }) {
  return (
    <div class="banner" role="status"><Icon name="history" /><span>{kept.title} has changes of {new Date(kept.at).toLocaleString()} that were not saved. Personal values of its samples are invented ones.</span>
      <button type="button" class="button small" onClick={() => session.restore(kept)}>Restore them</button>
      <button type="button" class="button small is-plain" onClick={() => session.change({ unsaved: null })}>Not now</button></div>
  );
}

function Trouble({ state }: { state: State }) {
  if (state.failure) return <div class="banner is-error" role="alert"><Icon name="warning" />{state.failure} What you type stays on this page.</div>;
  if (state.phase !== "starting" || !state.progress.stage) return null;
  const words: Record<string, string> = { python: "Starting Python in this browser", packages: "Reading the compiler", ready: "Ready" };
  return (
    <div class="banner" role="status"><progress max={1} value={state.progress.part} aria-label="Start" />{words[state.progress.stage] ?? state.progress.stage}. Nothing is sent; it runs here.</div>
  );
}

/** What a screen reader is told after each settled run: the problems, and how the sample ends. */
function Live({ state }: { state: State }) {
  const found = problemsOf(state);
  const [spoken, speak] = useState("");
  const first = found[0];
  const ending = state.view && !state.stale ? state.view.outcomes.map((one) => plain(`${one.end}: ${one.title}`)).join("; ") : "";
  const text = !state.live ? "" : first
    ? `${counted(found)}. Line ${first.place.line}: ${plain(first.message)} ${ending}`
    : `No problems. ${ending}`;
  useEffect(() => {
    const later = setTimeout(() => speak(text), 700);
    return () => clearTimeout(later);
  }, [text]);
  return <div class="unseen" aria-live="polite" data-live>{spoken}</div>;
}

function Drop({ session }: { session: Session }) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const drag = (event: DragEvent) => { if (hasFiles(event)) { event.preventDefault(); setOver(true); } };
    const leave = (event: DragEvent) => { if (!event.relatedTarget) setOver(false); };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      if (session.state.phase === "starting") return session.notify("The page is still starting. Drop the files again in a moment.");
      for (const file of event.dataTransfer?.files ?? []) void readFile(file, session);
    };
    window.addEventListener("dragover", drag);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop, true);
  }, []);
  return over ? <div class="drop">Drop events (NDJSON, JSON, CSV), a mapping, or a shared page</div> : null;
}

