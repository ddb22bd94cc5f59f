/** What a link would hold, and which personal values in it are replaced, before it is copied. */
import { useEffect, useState } from "preact/hooks";
import { Dialog, type DialogProps } from "./dialog";
import { Icon } from "./icons";
import type { Shared } from "./protocol";
import { LONGEST_LINK, download, fragmentOf, pageOf, pageText } from "./sharing";
import { plural } from "./state";

export function ShareDialog({ state, session, copy }: DialogProps) {
  const [real, setReal] = useState(false);
  const [page, setPage] = useState<Shared | null>(null);
  const [link, setLink] = useState("");
  useEffect(() => {
    setPage(null);
    void session.attempt(async () => {
      const found = await session.asking.ask("share", { ...session.question, reveal: real });
      setLink(`${location.origin}${location.pathname}#${await fragmentOf(pageOf(found))}`);
      setPage(found);
    });
  }, [real]);
  const long = link.length > LONGEST_LINK;
  return (
    <Dialog title="Share" session={session}>
      {page ? (
        <>
          <p>The link holds all of it after the <code>#</code>, which a browser sends to no server. Whoever has the link can read it:</p>
          <ul class="contents">
            <li><Icon name="file" />{page.mapping.name}, {plural(page.mapping.text.length, "character")}</li>
            {Object.keys(page.files).map((path) => <li key={path}><Icon name="file" />{path}</li>)}
            {page.samples.map((one, index) => <li key={index}><Icon name="tree" />{one.name}, {plural(one.text.length, "character")}</li>)}
          </ul>
          {page.left_out ? <p class="quiet-text">{plural(page.left_out, "more sample")} left out.</p> : null}
          <label class="check"><input type="checkbox" checked={real} onChange={(event) => setReal(event.currentTarget.checked)} />Share the personal values as they are</label>
          <Replacements page={page} real={real} />
          {long ? (
            <p class="notice is-note"><Icon name="minus" /><span>The link would have {link.length.toLocaleString("en")} characters, which many programs cut. Share a file; it opens when it is dropped on this page.</span></p>
          ) : <label class="labelled">{state.start?.where === "local" ? "Link, for a playground at this address; for other people, download a file" : "Link"}<input class="field is-code" readOnly value={link} onFocus={(event) => event.currentTarget.select()} /></label>}
        </>
      ) : <p class="empty">Preparing the link.</p>}
      <div class="dialog-foot">
        <button type="button" class={`button ${long ? "" : "is-plain"}`} disabled={!page} onClick={() => { if (page) download(`${page.mapping.name.replace(/\.ya?ml$/, "").split("/").at(-1)}.playground.json`, pageText(pageOf(page))); }}>Download a file</button>
        <button type="button" class="button is-plain" onClick={() => void session.attempt(async () => {
          copy((await session.asking.ask("markdown", { ...session.questionOfChosen, reveal: real })).markdown);
        })}>Copy as Markdown</button>
        <button type="button" class={`button ${long ? "is-plain" : ""}`} disabled={!page || long} onClick={() => { history.replaceState(null, "", new URL(link).hash); copy(link); }}>Copy the link</button>
      </div>
    </Dialog>
  );
}

function Replacements({ page, real }: { page: Shared; real: boolean }) {
  if (real) return <p class="notice is-warning"><Icon name="warning" /><span>The samples are shared with the personal values that are in them.</span></p>;
  if (!page.replaced.length) return <p class="quiet-text">No personal values were found in the samples.</p>;
  return (
    <details class="replaced"><summary>{plural(page.replaced.length, "personal value")} replaced by invented ones of the same kind</summary>
      <ul>{page.replaced.map((one, index) => <li key={index}>{one.sample}: <code>{one.path}</code></li>)}</ul></details>
  );
}
