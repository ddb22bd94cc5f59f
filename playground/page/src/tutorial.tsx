/** The steps of a tutorial, above the mapping that it changes. */
import { Icon } from "./icons";
import { markdown } from "./markdown-dom";
import { Nodes } from "./nodes";
import type { Session } from "./session";
import type { State } from "./state";

export function Tutorial({ state, session }: { state: State; session: Session }) {
  const step = state.steps[state.step];
  if (!step) return null;
  const last = state.step === state.steps.length - 1;
  const done = step.mapping !== undefined && state.live?.done === true && !state.waiting;
  const lessons = (state.start?.examples ?? []).filter((one) => one.kind === "tutorial");
  const following = lessons[lessons.findIndex((one) => one.name === state.example) + 1];
  return (
    <aside class="tutorial" aria-label="Tutorial">
      <p class="tutorial-count">Step {state.step + 1} of {state.steps.length}</p>
      <h3>{step.title}</h3>
      <Nodes block of={() => markdown(step.markdown)} by={step.markdown} />
      <p class="tutorial-done" role="status">{done ? <><Icon name="check" />{last ? "Done: this was the last step." : "Done."}</> : null}</p>
      <div class="tutorial-foot">
        <button type="button" class="button is-plain small" disabled={state.step === 0} onClick={() => session.step(state.step - 1)}>Back</button>
        {step.mapping !== undefined && !done ? <button type="button" class="button is-plain small" onClick={() => session.solve()}>Write it for me</button> : null}
        {!last ? <button type="button" class="button small" onClick={() => session.step(state.step + 1)}>Next</button>
          : following ? <button type="button" class="button small" onClick={() => void session.example(following.name)}>Next: {following.title}</button>
          : <button type="button" class="button small" onClick={() => session.newMapping()}>Begin with your own events</button>}
      </div>
    </aside>
  );
}
