// dist/: one file of the extension and all that it imports (VS Code itself gives `vscode`), and their licences.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const { metafile } = await build({
  entryPoints: ["src/extension.ts"],
  bundle: true,
  outfile: "dist/extension.js",
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

const LICENCES = ["LICENSE", "LICENSE.md", "LICENSE.txt", "License.txt", "license.txt"];
const names = Object.keys(metafile.inputs)
  .filter((path) => path.includes("node_modules/"))
  .map((path) => path.split("node_modules/").pop().match(/^(@[^/]+\/[^/]+|[^/]+)/)[0]);
const notices = [...new Set(names)].sort().map((name) => {
  const folder = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version} (${license})\n\n${licence(folder, name)}\n`;
});
writeFileSync("dist/NOTICES.txt", notices.join(`\n${"-".repeat(80)}\n\n`));

function licence(folder, name) {
  for (const file of LICENCES) {
    try {
      return readFileSync(join(folder, file), "utf8").replace(/\r\n/g, "\n").trim();
    } catch {
      continue;
    }
  }
  throw new Error(`${name} has no licence file`);
}
