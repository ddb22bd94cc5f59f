// The sample event whose values are shown beside the rules.
import { ExtensionContext, QuickPickItem, StatusBarAlignment, window } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

interface Sample {
  name: string;
  chosen: boolean;
}

const COMMAND = "mapper.editor.chooseSample";

/** The address of the mapping in the active editor, as the server knows it. */
export function activeMapping(client: LanguageClient): string | undefined {
  const document = window.activeTextEditor?.document;
  const isOurs = document && ["capi-mapping", "yaml"].includes(document.languageId);
  return isOurs ? client.code2ProtocolConverter.asUri(document.uri) : undefined;
}

async function samplesOf(client: LanguageClient, uri: string): Promise<Sample[]> {
  try {
    return await execute<Sample[]>(client, "mapper.samples", uri);
  } catch {
    return []; // another YAML file, or a server that is ending
  }
}

export function execute<T>(client: LanguageClient, command: string, ...words: unknown[]): Promise<T> {
  return client.sendRequest<T>("workspace/executeCommand", { command, arguments: words });
}

/** Let a person choose, and show the choice in the status bar. */
export class SampleChoice {
  private readonly item = window.createStatusBarItem("mapper.sample", StatusBarAlignment.Right, 100);

  constructor(
    context: ExtensionContext,
    private readonly client: () => LanguageClient | undefined,
  ) {
    this.item.name = "Mapper: sample";
    this.item.command = COMMAND;
    this.item.tooltip = "The sample event whose values are shown; click to choose another one";
    context.subscriptions.push(this.item, window.onDidChangeActiveTextEditor(() => this.show()));
  }

  async show(): Promise<void> {
    const client = this.client();
    const uri = client && activeMapping(client);
    const chosen = uri && (await samplesOf(client, uri)).find((one) => one.chosen);
    if (chosen) {
      this.item.text = `$(beaker) ${chosen.name}`;
      this.item.show();
    } else {
      this.item.hide();
    }
  }

  async choose(): Promise<void> {
    const client = this.client();
    const uri = client && activeMapping(client);
    if (!uri) {
      void window.showInformationMessage("Open a mapping first.");
      return;
    }
    const items: QuickPickItem[] = (await samplesOf(client, uri)).map((one) => ({
      label: one.name,
      description: one.chosen ? "shown now" : undefined,
    }));
    if (!items.length) {
      const told = "This mapping has no sample: write a test with `given`, or `source: {samples: FILES}`.";
      void window.showInformationMessage(told);
      return;
    }
    const picked = await window.showQuickPick(items, { placeHolder: "Show the values of which sample?" });
    if (picked) {
      await execute(client, "mapper.chooseSample", uri, picked.label);
      await this.show();
    }
  }
}
