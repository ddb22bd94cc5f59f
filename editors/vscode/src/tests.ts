// The tests of open mappings in VS Code's list of tests: found where they are written, and run by the server.
import { ExtensionContext, Range, TestController, TestItem, TestMessage, TestRunProfileKind, TestRunRequest, TextDocument, tests, workspace } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";
import { execute, MAPPING } from "./requests.js";

interface WrittenTest {
  name: string;
  line: number;
}

interface TestResults {
  told: string;
  /** By the name of a test, what differs; "" of one that passed. */
  tests: Record<string, string>;
}

/** Keeps the list as the mappings are opened, saved and closed. */
export class TestExplorer {
  private readonly controller: TestController = tests.createTestController("mapper", "Mapper");

  constructor(
    context: ExtensionContext,
    private readonly client: () => LanguageClient | undefined,
  ) {
    this.controller.createRunProfile("Run", TestRunProfileKind.Run, (request) => this.run(request), true);
    this.controller.refreshHandler = () => this.listAll();
    context.subscriptions.push(
      this.controller,
      workspace.onDidOpenTextDocument((document) => this.list(document)),
      workspace.onDidSaveTextDocument((document) => this.list(document)),
      workspace.onDidCloseTextDocument((document) => this.controller.items.delete(document.uri.toString())),
    );
  }

  async listAll(): Promise<void> {
    await Promise.all(workspace.textDocuments.map((document) => this.list(document)));
  }

  private async list(document: TextDocument): Promise<void> {
    const client = this.client();
    if (!client || document.languageId !== MAPPING) {
      return;
    }
    const id = document.uri.toString();
    const found = await execute<WrittenTest[]>(client, "mapper.tests", id).catch(() => []);
    if (!found.length) {
      this.controller.items.delete(id);
      return;
    }
    const file = this.controller.createTestItem(id, workspace.asRelativePath(document.uri), document.uri);
    file.children.replace(found.map((one) => {
      const item = this.controller.createTestItem(`${id}#${one.name}`, one.name, document.uri);
      item.range = new Range(one.line, 0, one.line, 0);
      return item;
    }));
    this.controller.items.add(file);
  }

  private async run(request: TestRunRequest): Promise<void> {
    const run = this.controller.createTestRun(request);
    const chosen = request.include ?? all(this.controller.items);
    for (const item of chosen) {
      const without = request.exclude ?? [];
      const due = (item.children.size ? all(item.children) : [item]).filter((one) => !without.includes(one));
      due.forEach((one) => run.started(one));
      const results = await this.results(item);
      for (const one of due) {
        const told = results.tests[one.label];
        if (told === "") {
          run.passed(one);
        } else {
          run.failed(one, new TestMessage(told ?? results.told));
        }
      }
    }
    run.end();
  }

  /** Run a test, or those of a file; the server shows what differs where it is written. */
  private async results(item: TestItem): Promise<TestResults> {
    const client = this.client();
    const name = item.children.size ? null : item.label;
    try {
      if (client) {
        return await execute<TestResults>(client, "mapper.runTests", item.uri?.toString(), name, true);
      }
    } catch (error) {
      return { told: String(error), tests: {} };
    }
    return { told: "The language server does not run.", tests: {} };
  }
}

function all(items: Iterable<[string, TestItem]>): TestItem[] {
  return [...items].map(([, item]) => item);
}
