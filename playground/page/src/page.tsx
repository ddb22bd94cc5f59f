/** The playground page begins here. */
import "./page.css";
import { render } from "preact";
import { Asking, clientOf } from "./client";
import { applySizes } from "./divider";
import { keep, kept, keptPage, unsavedOf } from "./history";
import { listen } from "./keys";
import type { Start } from "./protocol";
import { Session } from "./session";
import { pageOf, sharedPage, textOfFragment } from "./sharing";
import { Shell } from "./shell";
import { stored } from "./stored";
import { applyTheme, storedTheme } from "./theme";

const root = document.getElementById("page");
if (!root) throw new Error("the page has no element `page`");
const client = clientOf(document, (stage, part) => session.change({ progress: { stage, part } }));
const session = new Session(new Asking(client), (state) => render(<Shell state={state} session={session} />, root));

session.onSettled = () => {
  const { title, mapping, opened, samples, openedSamples, read } = session.state;
  if ((mapping.text === opened.text && samples === openedSamples) || !session.state.live) return;
  // The history holds what a link would hold: personal values of samples are invented ones.
  void session.asking.ask("share", { ...session.question, reveal: false })
    .then((page) => keep({ title: title || mapping.name, own: read !== null, at: Date.now() }, pageOf(page)))
    .catch(() => { /* it is kept after the next change */ });
};

async function openFirst(): Promise<void> {
  const start = await session.asking.ask("start", {});
  session.change({ start });
  if (!(await openLink())) await openOwn(start);
  // Until now nothing could be clicked or typed: what is opened first would take its place.
  session.change({ phase: "ready" });
  explainLink();
}

/** Without a link: the mapping of the folder that was open last, the last one that was edited here, or the first example. */
async function openOwn(start: Start): Promise<void> {
  // Mappings that others extend are mostly in folders of their own.
  const depth = (path: string) => path.split("/").length;
  const files = start.files?.toSorted((one, other) => depth(one) - depth(other)) ?? [];
  const own = files.find((one) => one === stored("file")) ?? files[0];
  if (own !== undefined) {
    await session.open(own);
    return session.change({ unsaved: unsavedOf(session.state.title, session.state) });
  }
  const last = start.where === "static" ? kept()[0] : undefined;
  const page = last ? keptPage(last) : null;
  if (last && page) return session.opened({ ...page, title: last.title }, null);
  const first = start.examples.find((one) => one.kind === "example");
  if (first) await session.example(first.name);
}

/** `#code=M308` explains a code, over whatever is open. */
function explainLink(): void {
  const code = /^#code=(M\d{3})$/.exec(location.hash)?.[1];
  if (code) session.explain(code);
}

/** What the link's part after `#` asks for; it wins over the history. */
async function openLink(): Promise<boolean> {
  try {
    const hash = decodeURIComponent(location.hash.slice(1));
    const [what, name] = [hash.slice(0, hash.indexOf("=")), hash.slice(hash.indexOf("=") + 1)];
    if (what === "example") { await session.example(name); return session.state.example === name; }
    const text = await textOfFragment(location.hash);
    const page = text === null ? null : sharedPage(text);
    if (page) session.opened({ ...page, title: page.mapping.name }, null);
    else if (text !== null) session.notify("The link holds no mapping of this page.");
    return page !== null;
  } catch {
    session.notify("The link cannot be read. It may have been cut.");
    return false;
  }
}

const theme = storedTheme();
applyTheme(theme);
applySizes();
session.change({ wrap: stored("wrap") === "on", theme, hint: stored("hint") !== "hidden", stripOpen: stored("strip") !== "closed" });
listen(session);
window.addEventListener("hashchange", () => void openLink().then(explainLink));
// On paper nothing scrolls: long lines go on below.
window.addEventListener("beforeprint", () => session.editor?.wrap(true));
window.addEventListener("afterprint", () => session.editor?.wrap(session.state.wrap));
window.addEventListener("beforeunload", (event) => {
  if (session.state.read !== null && !session.state.saved) event.preventDefault();
});
void openFirst().catch((error: unknown) => {
  session.change({ phase: "failed", failure: error instanceof Error ? error.message : String(error) });
});
