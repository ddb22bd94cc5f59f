// The sample event whose values are shown beside the rules.
import { ExtensionContext, QuickPickItem, StatusBarAlignment, window } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";
import { activeMapping, execute } from "./requests.js";

interface Sample {
  name: string;
  chosen: boolean;
}

export const CHOOSE_SAMPLE = "mapper.editor.chooseSample";

async function samplesOf(client: LanguageClient, uri: string): Promise<Sample[]> {
  try {
    return await execute<Sample[]>(client, "mapper.samples", uri);
  } catch {
    return []; // another YAML file, or a server that is ending
  }
}

/** Let a person choose, and show the choice in the status bar. */
export class SampleChoice {
  private readonly item = window.createStatusBarItem("mapper.sample", StatusBarAlignment.Right, 100);

  constructor(
    context: ExtensionContext,
    private readonly client: () => LanguageClient | undefined,
  ) {
    this.item.name = "Mapper: sample";
    this.item.command = CHOOSE_SAMPLE;
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
