/** The mapping with all that it inherits, as one file: each line leads to its place and to what it overrides. */
import { useEffect } from "preact/hooks";
import { Said } from "./nodes";
import { PlaceLink } from "./payload-pane";
import type { Answers } from "./protocol";
import type { Session } from "./session";
import { countOf, problemsOf, type State } from "./state";

interface EffectiveProps { state: State; session: Session }
type Place = Answers["effective"]["taken_away"][number]["place"];

export function EffectivePanel({ state, session }: EffectiveProps) {
  const wrong = countOf(problemsOf(state), "error");
  useEffect(() => { if (state.live && !wrong) void session.askEffective(); }, [state.live]);
  const found = state.effective;
  if (!state.live || wrong || !found) return <p class="empty">{wrong ? "The effective mapping appears when the mapping has no errors." : "Reading the files."}</p>;
  return (
    <div class="effective">
      <p class="panel-head">{found.files.length > 1 ? <span>With all that it inherits. The first of these files has the highest priority: {found.files.map((one, index) => <>{index ? ", " : ""}<code>{one}</code></>)}</span>
        : "This mapping extends no other file, so this is all of it."}</p>
      <ul class="effective-lines">{found.lines.map((one, index) => (
        <li key={index} class={one.overrides.length ? "is-override" : ""}>
          <code style={hanging(one.text)}>{one.text}</code>
          <span class="effective-place"><PlaceLink place={one.place} session={session} />
            {one.overrides.length ? <span> overrides <Places of={one.overrides} session={session} /></span> : null}</span>
        </li>
      ))}</ul>
      {found.taken_away.length ? <p class="panel-head">Taken away by <code>inherit: false</code></p> : null}
      <ul class="rows">{found.taken_away.map((one, index) => (
        <li key={index} class="taken-away"><span><Said text={one.name} /> in <PlaceLink place={one.place} session={session} />, written in <Places of={one.parts} session={session} /></span></li>
      ))}</ul>
    </div>
  );
}

/** What does not fit in a line goes on below it, indented. */
function hanging(text: string): { paddingLeft: string; textIndent: string } {
  const indent = text.length - text.trimStart().length + 2;
  return { paddingLeft: `${indent}ch`, textIndent: `-${indent}ch` };
}

function Places({ of, session }: { of: Place[]; session: Session }) {
  return <>{of.map((one, index) => <>{index ? ", " : ""}<PlaceLink key={index} place={one} session={session} /></>)}</>;
}
