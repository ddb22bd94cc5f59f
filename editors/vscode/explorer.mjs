// The list of tests in a fake of VS Code: the server's answers as JSON on stdin, what it shows and asks on stdout,
// for the tests.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const FAKE = `
const it = globalThis.fake;
export const tests = { createTestController: () => it.controller };
export const TestRunProfileKind = { Run: 1 };
export class TestMessage { constructor(message) { this.message = message; } }
export class Range { constructor(line) { this.line = line; } }
const kept = (name) => (heard) => { it.heard[name] = heard; };
export const workspace = { textDocuments: it.documents, asRelativePath: (uri) => String(uri),
  onDidOpenTextDocument: kept("open"), onDidSaveTextDocument: kept("save"), onDidCloseTextDocument: kept("close") };
export const window = {};
`;
const { outputFiles } = await build({
  entryPoints: [new URL("src/tests.ts", import.meta.url).pathname],
  bundle: true,
  write: false,
  format: "esm",
  plugins: [{
    name: "fake",
    setup(one) {
      one.onResolve({ filter: /^vscode$/ }, () => ({ path: "vscode", namespace: "fake" }));
      one.onLoad({ filter: /.*/, namespace: "fake" }, () => ({ contents: FAKE }));
    },
  }],
});

const { documents, answers } = JSON.parse(readFileSync(0, "utf8"));
const told = { asked: [], ended: [] };
const collection = () => {
  const items = new Map();
  return {
    add: (item) => items.set(item.id, item),
    delete: (id) => items.delete(id),
    replace: (found) => { items.clear(); found.forEach((one) => items.set(one.id, one)); },
    get size() { return items.size; },
    [Symbol.iterator]: () => items.entries(),
  };
};
const run = {
  started: () => undefined,
  passed: (item) => told.ended.push([item.label, null]),
  failed: (item, message) => told.ended.push([item.label, message.message]),
  end: () => told.ended.push("end"),
};
const controller = {
  items: collection(),
  createTestItem: (id, label, uri) => ({ id, label, uri, children: collection() }),
  createRunProfile: (name, kind, started) => { controller.start = started; },
  createTestRun: () => run,
};
globalThis.fake = { controller, heard: {}, documents: documents.map(({ uri, languageId }) => ({ uri, languageId })) };
const { TestExplorer } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
const client = {
  sendRequest: async (method, { command, arguments: words }) => {
    told.asked.push([command, ...words]);
    if (answers[command] === undefined) throw new Error("the server is ending");
    return answers[command];
  },
};
const explorer = new TestExplorer({ subscriptions: [] }, () => client);
await explorer.listAll();
told.listed = [...controller.items].map(([, file]) => [file.label, [...file.children].map(([, one]) => [one.label, one.range.line])]);
const [file] = [...controller.items].map(([, one]) => one);
if (file) {
  await controller.start({});
  await controller.start({ include: [[...file.children][0][1]] });
}
globalThis.fake.heard.close({ uri: documents[0].uri });
told.left = controller.items.size;
process.stdout.write(JSON.stringify(told));
