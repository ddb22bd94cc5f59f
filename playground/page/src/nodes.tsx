/** DOM nodes of the Markdown renderer inside the page's own tree. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { inline } from "./markdown-dom";

export function Nodes({ of, by, block = false }: { of: () => Node[]; by: string; block?: boolean }) {
  const host = useRef<HTMLElement>(null);
  useLayoutEffect(() => host.current?.replaceChildren(...of()), [by]);
  return block ? <div class="prose" ref={host as { current: HTMLDivElement | null }} /> : <span ref={host} />;
}

/** A message, with what is in backticks as code. */
export const Said = ({ text }: { text: string }) => <Nodes of={() => inline(text)} by={text} />;
