// Builds the page: sources in src/ -> mapper/playground/static/, which is committed. The same sources give the same bytes.
import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const built = process.argv[2] ?? join(here, "../../mapper/playground/static");
const modules = join(here, "node_modules");
const FONTS = {
  "inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
  "jetbrains-mono.woff2": "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
};

mkdirSync(join(built, "fonts"), { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { page: "src/page.tsx" },
  outdir: built,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  external: ["./fonts/*"],
  metafile: true,
  logLevel: "warning",
});
for (const [name, source] of Object.entries(FONTS)) cpSync(join(modules, source), join(built, "fonts", name));
for (const name of ["index.html", "icon.svg"]) cpSync(join(here, "src", name), join(built, name));
writeFileSync(join(built, "NOTICES.txt"), notices(Object.keys(metafile.inputs)));

/** The licences of all packages that are in the built files. */
function notices(inputs) {
  const names = new Set(Object.values(FONTS).map(packageOf));
  for (const input of inputs) {
    const [, inside] = input.split("node_modules/");
    if (inside) names.add(packageOf(inside));
  }
  const rule = "=".repeat(78);
  return [...names].sort().map((name) => {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : `License: ${license}`;
    return `${rule}\n${name} ${version} (${license})\n${rule}\n\n${text.replaceAll("\r\n", "\n")}\n`;
  }).join("\n");
}

function packageOf(path) {
  return path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/");
}
