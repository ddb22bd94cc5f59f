/** The bar at the top: what is open, and what can be done with all of it. */
import { Icon } from "./icons";
import type { Session } from "./session";
import type { State } from "./state";
import { THEMES, applyTheme } from "./theme";

export function TopBar({ state, session }: { state: State; session: Session }) {
  const next = THEMES[(THEMES.indexOf(state.theme) + 1) % THEMES.length] ?? "auto";
  return (
    <header class="top" inert={state.phase === "starting"}>
      <h1 class="brand"><svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path d="M5 9h6c7 0 3 14 10 14h1M5 23h6c2 0 3-1.500 3.700-3.500M18.500 12.500C19.200 10.500 20 9 22 9" /><circle cx="25.500" cy="9" r="2.500" /><circle cx="25.500" cy="23" r="2.500" /></svg>
        <span>mapper <em>playground</em></span></h1>
      <button type="button" class="opener" onClick={() => session.showDialog("examples")} aria-haspopup="dialog"><span class="unseen">Open: </span><span class="opener-title" title={state.title}>{state.title || "Examples and tutorials"}</span><Icon name="down" /></button>
      <button type="button" class="button is-plain new" aria-label="New mapping from your events" onClick={() => session.newMapping()}><Icon name="plus" /><span class="tool-word">New mapping</span></button>
      <span class="private" title="The page may only talk to its own origin; your events and your mapping stay on this machine"><Icon name="lock" />Nothing leaves this page</span>
      <nav class="tools" aria-label="Tools">
        {state.read !== null ? <button type="button" class="tool" onClick={() => void session.save()} disabled={state.saved} title="Ctrl+S"><Icon name="save" /><span class="tool-word">{state.saved ? "Saved" : "Save"}</span></button> : null}
        <button type="button" class="tool" onClick={() => session.showDialog("history")} aria-label="Local history" title="Local history"><Icon name="history" /></button>
        <button type="button" class="tool" onClick={() => { applyTheme(next); session.change({ theme: next }); }} aria-label={`Colours: ${state.theme}. Change to ${next}`} title={`Colours: ${state.theme}`}>
          <Icon name={state.theme === "auto" ? "auto" : state.theme === "light" ? "sun" : "moon"} /></button>
        <button type="button" class="tool wide-only" onClick={() => session.showDialog("keys")} aria-label="Keys" title="Keys (?)"><Icon name="keys" /></button>
        <button type="button" class="button" aria-label="Share" onClick={() => session.showDialog("share")}><Icon name="share" /><span>Share</span></button>
      </nav>
    </header>
  );
}
