/** The payload's pane: how the chosen sample ends, the guard's verdict, and the payload itself. */
import type { ComponentChildren } from "preact";
import { Icon } from "./icons";
import { Said } from "./nodes";
import { Legend, PayloadTree } from "./payload-tree";
import type { Pointed } from "./pointing";
import type { OutcomeShown, Place } from "./protocol";
import { endWord } from "./samples";
import type { Session } from "./session";
import { countOf, plural, problemsOf, type State } from "./state";

interface PaneProps { state: State; session: Session; pointed: Pointed; copy: (text: string) => void }

export function PayloadPane(props: PaneProps) {
  const { state, session } = props;
  const { view, stale, live } = state;
  const errors = countOf(problemsOf(state), "error");
  return (
    <div class={`payload-body ${stale ? "is-stale" : ""}`}>
      {state.hint && view ? (
        <p class="hint"><Icon name="arrow" /><span>Point at a value to see the rule and the parts of the event that made it.</span>
          <button type="button" class="icon-button small" aria-label="Hide this hint" onClick={() => session.hideHint()}><Icon name="close" /></button></p>
      ) : null}
      {stale ? (
        <Notice kind="error">
          <Said text={live?.unreadable ? `The sample cannot be read: ${live.unreadable.message}` : `The mapping has ${plural(errors, "error")}.`} /> This is the last payload before it.{" "}
          <button type="button" class="link" onClick={() => (live?.unreadable ? session.editEvent() : session.showStrip("problems"))}>Show</button>
        </Notice>
      ) : null}
      {view ? view.outcomes.map((outcome, number) => <Outcome key={number} outcome={outcome} number={number} {...props} />)
        : live ? <Broken state={state} session={session} errors={errors} /> : <Loading />}
      {!view && live?.goal ? (
        <section class="goal" aria-label="The payload at the end of the tutorial" inert>
          <p class="goal-title">What this event becomes at the end of the tutorial</p>
          {live.goal.outcomes.map((outcome, number) => <PayloadTree key={number} outcome={outcome} number={number} {...props} />)}
        </section>
      ) : null}
    </div>
  );
}

function Outcome({ outcome, number, ...props }: PaneProps & { outcome: OutcomeShown; number: number }) {
  const { session, state } = props;
  const many = (state.view?.outcomes.length ?? 0) > 1;
  return (
    <section class={`outcome end-is-${outcome.end}`} aria-label={many ? `Outcome ${number + 1}` : "Outcome"}>
      <header class="outcome-head">
        <span class={`badge end-${outcome.end}`}>{endWord(outcome.end)}</span>
        {outcome.section ? <strong class="outcome-title">{outcome.section}</strong> : null}
        {outcome.title && outcome.title !== outcome.end && !outcome.reasons.length ? <span class="outcome-section"><Said text={outcome.title} /></span> : null}
        <span class="verdicts">{outcome.end === "sent" ? <Verdicts outcome={outcome} /> : null}</span>
      </header>
      {outcome.reasons.map((one, index) => (
        <Notice key={index} kind={outcome.end === "rejected" ? "error" : "note"}>
          {one.path ? <code>{one.path}</code> : null} <Said text={one.message} /> <PlaceLink place={one.place} session={session} />
        </Notice>
      ))}
      {outcome.breaches.map(([path, message], index) => <Notice key={index} kind="error"><code>{path}</code> <Said text={message} /></Notice>)}
      {outcome.notes.map((one, index) => (
        <Notice key={index} kind="warning"><code>{one.path}</code> <Said text={one.message} /> <PlaceLink place={one.place} session={session} /></Notice>
      ))}
      {outcome.rows.length ? <PayloadTree outcome={outcome} number={number} {...props} /> : outcome.end === "sent" ? null : (
        <p class="empty">This sample sends nothing.</p>
      )}
      <Legend outcome={outcome} />
    </section>
  );
}

function Verdicts({ outcome }: { outcome: OutcomeShown }) {
  const valid = outcome.breaches.length === 0;
  return (
    <>
      {outcome.guard ? (
        <span class={`verdict ${outcome.guard === "passed" ? "is-good" : "is-bad"}`} title={outcome.guard === "passed" ? "The guard found no value that must not leave" : "The guard removed a value; see the note"}>
          <Icon name="shield" />{outcome.guard === "passed" ? "Guard passed" : "Guard changed it"}
        </span>
      ) : null}
      <span class={`verdict ${valid ? "is-good" : "is-bad"}`} title="Checked against the target's JSON Schema"><Icon name={valid ? "check" : "error"} />{valid ? "Valid" : plural(outcome.breaches.length, "breach", "breaches")}</span>
    </>
  );
}

export function PlaceLink({ place, session }: { place: Place | null; session: Session }) {
  if (!place) return null;
  return <button type="button" class="link" onClick={() => session.goTo(place)}>{nameOf(place, session)}</button>;
}

/** A place as a link names it: the file is only said where it is another one. */
function nameOf(place: Place, session: Session): string {
  return place.file === session.state.mapping.name ? `line ${place.line}` : `${place.file}:${place.line}`;
}

export function Notice({ kind, children }: { kind: "error" | "warning" | "note"; children: ComponentChildren }) {
  return <div class={`notice is-${kind}`}><Icon name={kind === "error" ? "error" : kind === "warning" ? "warning" : "minus"} /><div>{children}</div></div>;
}

function Broken({ state, session, errors }: { state: State; session: Session; errors: number }) {
  const { live, samples } = state;
  if (!samples.length) {
    return <Drawn title="No event yet">Add a sample, or drop a file with events here. The payload of the chosen event appears at once.</Drawn>;
  }
  if (live?.unreadable) return <Drawn title="The sample cannot be read"><Said text={live.unreadable.message} /></Drawn>;
  if (!state.mapping.text.trim()) {
    return (
      <Drawn title="No mapping yet">
        Write one, or start from an example. <button type="button" class="link" onClick={() => session.showDialog("examples")}>Open examples</button>
      </Drawn>
    );
  }
  return (
    <Drawn title={errors ? `The mapping has ${plural(errors, "error")}` : "Nothing to show"}>
      A mapping with errors sends nothing. <button type="button" class="link" onClick={() => session.showStrip("problems")}>Show the errors</button>
    </Drawn>
  );
}

function Drawn({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="drawn">
      <svg viewBox="0 0 96 48" aria-hidden="true" focusable="false"><path class="faint" d="M8 12h20M8 24h14M8 36h20M68 12h20M68 24h20M68 36h12" /><path class="strong" d="M34 12c14 0 14 12 28 12M34 36c8 0 11-3 14-6" /></svg>
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}

function Loading() {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: 8 }, (_, index) => <span key={index} class={`bone bone-${index % 4}`} />)}
    </div>
  );
}
