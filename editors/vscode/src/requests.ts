// What is asked of the server besides what the protocol has questions for.
import { window } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

export const MAPPING = "capi-mapping";

/** The address of the mapping in the active editor, as the server knows it. */
export function activeMapping(client: LanguageClient): string | undefined {
  const document = window.activeTextEditor?.document;
  return document?.languageId === MAPPING ? client.code2ProtocolConverter.asUri(document.uri) : undefined;
}

/** The answer to one of the server's own commands. */
export function execute<T>(client: LanguageClient, command: string, ...words: unknown[]): Promise<T> {
  return client.sendRequest<T>("workspace/executeCommand", { command, arguments: words });
}
