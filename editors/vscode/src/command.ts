// Which program is the server, by the settings and the folder that is open.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { workspace } from "vscode";

const NAMES = process.platform === "win32" ? ["Scripts", "mapper.exe"] : ["bin", "mapper"];

export interface ServerCommand {
  command: string;
  args: string[];
  cwd: string | undefined;
}

/** The command line of the server; programs of the folder only count where its user trusts it. */
export function serverCommand(): ServerCommand {
  const settings = workspace.getConfiguration("mapper");
  const folder = workspace.workspaceFolders?.find((one) => one.uri.scheme === "file")?.uri.fsPath;
  const schemas = settings.get<string>("schemas", "");
  const args = schemas ? ["lsp", "--schemas", schemas] : ["lsp"];
  return { command: settings.get<string>("path", "") || ownCommand(folder) || "mapper", args, cwd: folder };
}

function ownCommand(folder: string | undefined): string {
  if (!folder || !workspace.isTrusted) {
    return "";
  }
  const path = join(folder, ".venv", ...NAMES);
  return existsSync(path) ? path : "";
}
