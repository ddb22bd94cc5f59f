/** What each panel of the strip is given, and what one without anything to show says. */
import type { ComponentChildren } from "preact";
import type { Session } from "./session";
import type { State } from "./state";

export interface StripProps { state: State; session: Session; copy: (text: string) => void }

export const Empty = ({ children }: { children: ComponentChildren }) => <p class="empty">{children}</p>;
