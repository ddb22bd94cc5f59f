/** The frame of a dialogue, a modal `dialog` of the browser, and what was just done. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import type { Session } from "./session";
import type { State } from "./state";

export interface DialogProps { state: State; session: Session; copy: (text: string) => void }

export function Dialog({ title, session, children, wide = false }: { title: string; session: Session; children: ComponentChildren; wide?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => { if (before instanceof HTMLElement) before.focus(); };
  }, []);
  const close = () => session.showDialog(null);
  return (
    <dialog ref={dialog} class={`dialog ${wide ? "is-wide" : ""}`} aria-label={title} onClose={close}
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
  return notice ? <div class="toast" role="status">{notice}</div> : null;
}
