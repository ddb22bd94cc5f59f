/** The frame of a dialogue, a modal `dialog` of the browser, and what was just done. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import { Said } from "./nodes";
import type { Session } from "./session";
import type { State } from "./state";

export interface DialogProps { state: State; session: Session; copy: (text: string) => void }

export function Dialog({ title, session, children, wide = false }: { title: string; session: Session; children: ComponentChildren; wide?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => { if (before instanceof HTMLElement) before.focus(); };
  }, []);
  const close = () => session.showDialog(null);
  // The browser tells of `close` later: a key that is pressed right after Esc would still be the dialogue's.
  const closeAtOnce = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={dialog} class={`dialog ${wide ? "is-wide" : ""}`} aria-label={title} onClose={close} onKeyDown={closeAtOnce}
      onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
      <div class="dialog-box">
        <header class="dialog-head"><h2>{title}</h2><button type="button" class="icon-button" aria-label="Close" onClick={close}><Icon name="close" /></button></header>
        <div class="dialog-body">{children}</div>
      </div>
      <Toast notice={session.state.notice} />
    </dialog>
  );
}

/** What was just done. A dialogue has its own: nothing outside of a modal one is seen well or spoken. */
export function Toast({ notice }: { notice: string }) {
  return notice ? <div class="toast" role="status"><Said text={notice} /></div> : null;
}
