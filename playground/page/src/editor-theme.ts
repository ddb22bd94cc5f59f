/** How texts look in the editors. They are in shadow roots, so that their styles are sheets, which the CSP allows. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { EditorState, Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--text)", fontWeight: "600" },
  { tag: [tags.string, tags.content, tags.attributeValue], color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--muted)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "var(--code-size)", backgroundColor: "var(--paper)", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--code)", lineHeight: "20px", overflow: "auto", fontVariantLigatures: "none" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 16px 0 8px" },
  ".cm-cursor": { borderLeftColor: "var(--text)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 8px 0 12px", minWidth: "24px" },
  ".cm-activeLine": { backgroundColor: "var(--line-active)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection) !important",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "none" },
  ".cm-let": { color: "var(--accent-text)" },
  ".cm-mark-rule": {
    backgroundColor: "var(--accent-soft)", boxShadow: "0 0 0 1px var(--accent-line)", borderRadius: "3px",
  },
  ".cm-mark-step": { boxShadow: "inset 0 -2px 0 var(--accent)" },
  ".cm-bulbs": { width: "16px" },
  ".cm-bulbs .cm-gutterElement": { display: "flex", alignItems: "center", justifyContent: "flex-end" },
  ".cm-bulb": { width: "8px", height: "8px", borderRadius: "50% 50% 50% 0", transform: "rotate(-45deg)", backgroundColor: "var(--warning)", cursor: "pointer" },
  ".cm-coverage": { width: "10px", paddingLeft: "2px" },
  ".cm-coverage .cm-gutterElement": { display: "flex", alignItems: "stretch", padding: "2px 0" },
  ".cm-acted, .cm-unacted": { width: "4px", borderRadius: "2px", boxSizing: "border-box" },
  ".cm-acted": { backgroundColor: "var(--accent)" },
  ".cm-unacted": { border: "1px solid var(--faint)" },
  ".cm-lintRange": { backgroundImage: "none !important", textUnderlineOffset: "4px", textDecorationThickness: "1px" },
  ".cm-lintRange-error": { textDecoration: "underline wavy var(--error)" },
  ".cm-lintRange-warning": { textDecoration: "underline wavy var(--warning)" },
  ".cm-lintRange-hint": { textDecoration: "underline dotted var(--muted)" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)", border: "1px solid var(--line-strong)", borderRadius: "6px", color: "var(--text)",
    boxShadow: "var(--shadow)", fontFamily: "var(--prose)", fontSize: "13px", lineHeight: "20px", maxWidth: "min(480px, 90vw)",
    overflow: "hidden",
  },
  ".cm-tooltip-section:not(:first-child)": { borderTop: "1px solid var(--line)" },
  ".cm-diagnostic": { padding: "8px 12px", borderLeft: "3px solid var(--muted)", marginLeft: "0", whiteSpace: "normal" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--error)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warning)" },
  ".cm-diagnosticAction": {
    backgroundColor: "var(--accent)", color: "var(--on-accent)", borderRadius: "4px", padding: "2px 8px", margin: "8px 8px 0 0",
    font: "500 12px/20px var(--prose)", display: "inline-block",
  },
  ".cm-said-hint": { color: "var(--muted)" },
  ".cm-said-code": {
    font: "500 11px/16px var(--code)", color: "var(--muted)", background: "none", border: "1px solid var(--line-strong)",
    borderRadius: "4px", padding: "0 4px", marginRight: "8px", cursor: "pointer",
  },
  ".cm-tooltip code": { fontFamily: "var(--code)", fontSize: "12px" },
  ".cm-field": { padding: "8px 12px" },
  ".cm-field-head": { display: "flex", gap: "12px", justifyContent: "space-between", fontFamily: "var(--code)", fontSize: "12px" },
  ".cm-field-type": { color: "var(--muted)" },
  ".cm-field-steps": { color: "var(--muted)", fontFamily: "var(--code)", fontSize: "12px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--code)", fontSize: "12px", maxHeight: "240px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", lineHeight: "20px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-soft)", color: "var(--text)" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent-text)", fontWeight: "600" },
  ".cm-completionDetail": { color: "var(--muted)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-kind": { display: "inline-block", width: "40px", marginRight: "8px", color: "var(--muted)", fontSize: "11px" },
  ".cm-kind-attribute, .cm-kind-variable": { color: "var(--accent-text)" },
  ".cm-sample": { color: "var(--code-text)", marginLeft: "12px", maxWidth: "160px", overflow: "hidden", textOverflow: "ellipsis", display: "inline-block", verticalAlign: "bottom" },
  ".cm-completionInfo": { padding: "8px 12px" },
  ".cm-panels": { backgroundColor: "var(--chrome)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { display: "flex", flexWrap: "wrap", gap: "8px", padding: "8px 32px 8px 12px", font: "13px/20px var(--prose)" },
  ".cm-panel.cm-search br": { display: "none" },
  ".cm-panel.cm-search label": { display: "inline-flex", alignItems: "center", gap: "4px", fontSize: "12px", margin: "0" },
  ".cm-panel.cm-search input, .cm-panel.cm-search button": { margin: "0" },
  ".cm-textfield": { backgroundColor: "var(--paper)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "4px", padding: "2px 8px", font: "12px/20px var(--code)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--paper)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "4px", padding: "2px 8px", font: "500 12px/20px var(--prose)" },
  ".cm-panel.cm-search [name=close]": { color: "var(--muted)", fontSize: "18px", right: "8px", top: "8px" },
  ".cm-searchMatch": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent-line)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--selection)", outlineColor: "var(--accent)" },
  ".cm-placeholder": { color: "var(--muted)" },
});

export const theme: Extension = [look, syntaxHighlighting(colours)];

/** An editor in a shadow root of its own. */
export function viewIn(host: HTMLElement, state: EditorState): EditorView {
  const root = host.attachShadow({ mode: "open" });
  const spot = document.createElement("div");
  spot.style.height = "100%";
  root.append(spot);
  return new EditorView({ root, parent: spot, state });
}
