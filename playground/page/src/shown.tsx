/** One value as it may be shown: digests are shortened, masked ones are marked. */
import { Icon } from "./icons";
import type { Shown } from "./protocol";

export function ShownValue({ shown, copy }: { shown: Shown; copy?: (text: string) => void }) {
  if (shown.kind === "digest") {
    const full = shown.full ?? shown.text;
    return (
      <span class="value value-digest">
        <span title={full}>{full.length > 20 ? `${full.slice(0, 8)}…${full.slice(-6)}` : full}</span>
        {copy && shown.full ? (
          <button type="button" class="icon-button small" tabIndex={-1} aria-label="Copy the digest"
            onClick={(event) => { event.stopPropagation(); copy(full); }}><Icon name="copy" /></button>
        ) : null}
      </span>
    );
  }
  if (shown.kind === "masked") {
    return <span class="value value-masked" title="A personal value; it is masked until you show personal values">{shown.text}</span>;
  }
  return <span class={`value value-${shown.kind}`} title={shown.text}>{shown.kind === "text" && shown.text === "" ? "empty text" : shown.text}</span>;
}
