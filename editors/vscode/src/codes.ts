// What a diagnostic code means, as a page; offered beside the fixes of a diagnostic.
import {
  CodeAction,
  CodeActionKind,
  CodeActionProvider,
  commands,
  ExtensionContext,
  languages,
  TextDocumentContentProvider,
  Uri,
  window,
  workspace,
} from "vscode";
import { LanguageClient } from "vscode-languageclient/node";
import { execute } from "./requests.js";

const SCHEME = "mapper-code";
const COMMAND = "mapper.editor.explainCode";
const CODE = /^M\d{3}$/;

/** Register the pages of codes, and the action that opens one. */
export function addCodePages(context: ExtensionContext, client: () => LanguageClient | undefined): void {
  const pages: TextDocumentContentProvider = {
    provideTextDocumentContent: async (uri) => {
      const server = client();
      const code = uri.path.replace(/\.md$/, "");
      return server ? execute<string>(server, "mapper.explainCode", code) : "The language server does not run.";
    },
  };
  const actions: CodeActionProvider = {
    provideCodeActions: (_document, _range, { diagnostics }) => {
      const ours = diagnostics.filter((one) => one.source === "mapper").map((one) => String(one.code));
      return [...new Set(ours)].filter((code) => CODE.test(code)).map(explaining);
    },
  };
  context.subscriptions.push(
    workspace.registerTextDocumentContentProvider(SCHEME, pages),
    languages.registerCodeActionsProvider(["capi-mapping", "yaml"], actions, {
      providedCodeActionKinds: [CodeActionKind.QuickFix],
    }),
    commands.registerCommand(COMMAND, explain),
  );
}

function explaining(code: string): CodeAction {
  const action = new CodeAction(`Explain ${code}`, CodeActionKind.QuickFix);
  action.command = { title: action.title, command: COMMAND, arguments: [code] };
  return action;
}

async function explain(given: unknown): Promise<void> {
  const prompt = "The code of a diagnostic, for example M302";
  const code = typeof given === "string" ? given : await window.showInputBox({ prompt });
  if (code && CODE.test(code)) {
    await commands.executeCommand("markdown.showPreview", Uri.from({ scheme: SCHEME, path: `${code}.md` }));
  }
}
