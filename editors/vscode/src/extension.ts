// Starts `mapper lsp` for mappings and intakes, and gives names to what can be asked of it.
import { commands, ExtensionContext, window, workspace } from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions } from "vscode-languageclient/node";
import { addCodePages } from "./codes.js";
import { serverCommand } from "./command.js";
import { activeMapping, execute, MAPPING } from "./requests.js";
import { CHOOSE_SAMPLE, SampleChoice } from "./samples.js";
import { TestExplorer } from "./tests.js";

let client: LanguageClient | undefined;
// A start waits for the end before it, however often someone asks for one.
let starting: Promise<void> = Promise.resolve();

export async function activate(context: ExtensionContext): Promise<void> {
  const samples = new SampleChoice(context, () => client);
  const restart = (): Promise<void> => {
    starting = starting.then(stop).then(start).then(() => Promise.all([samples.show(), explorer.listAll()])).then(() => undefined);
    return starting;
  };
  addCodePages(context, () => client);
  const explorer = new TestExplorer(context, () => client);
  context.subscriptions.push(
    commands.registerCommand("mapper.editor.restart", restart),
    commands.registerCommand(CHOOSE_SAMPLE, () => samples.choose()),
    commands.registerCommand("mapper.editor.runTests", runTests),
    workspace.onDidGrantWorkspaceTrust(restart),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("mapper.path") || change.affectsConfiguration("mapper.schemas")) {
        void restart();
      }
    }),
  );
  await restart();
}

export async function deactivate(): Promise<void> {
  await starting;
  await stop();
}

async function start(): Promise<void> {
  const { command, args, cwd } = serverCommand();
  const server: ServerOptions = { command, args, options: { cwd } };
  const options: LanguageClientOptions = {
    documentSelector: [
      { language: MAPPING },
      { language: "json", scheme: "file", pattern: "**/schemas/**/*.json" },
    ],
    initializationOptions: { sample: workspace.getConfiguration("mapper").get<string>("sample", "") },
    synchronize: { configurationSection: "mapper" },
  };
  client = new LanguageClient("mapper", "CAPI Mapper", server, options);
  try {
    await client.start();
  } catch {
    client = undefined;
    await tellMissing(command);
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.stop().catch(() => undefined);
}

async function tellMissing(command: string): Promise<void> {
  const told = `The language server could not be started: \`${command} lsp\`. Run \`pip install "pinterest-capi-mapper[lsp]"\`.`;
  const settings = "Open settings";
  if ((await window.showErrorMessage(told, settings)) === settings) {
    await commands.executeCommand("workbench.action.openSettings", "mapper.path");
  }
}

async function runTests(): Promise<void> {
  const uri = client && activeMapping(client);
  if (client && uri) {
    await execute(client, "mapper.runTests", uri);
  }
}
