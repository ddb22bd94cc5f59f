// Compiles Python sources by the Python that the page runs, so that a browser does not have to:
//   node compile.mjs PYODIDE TREE OUT
// PYODIDE: the folder of the package. TREE: the modules that the page adds. OUT: where they are written.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [pyodide, tree, out] = process.argv.slice(2).map((one) => resolve(one));
const { loadPyodide } = await import(join(pyodide, "pyodide.mjs"));
// Tracebacks of the page have lines, and no columns, which would be a quarter of the bytes.
const python = await loadPyodide({ indexURL: pyodide, env: { PYTHONNODEBUGRANGES: "1" } });
python.FS.mkdirTree("/tree");
python.FS.mount(python.FS.filesystems.NODEFS, { root: tree }, "/tree");
python.FS.writeFile("/stdlib.zip", new Uint8Array(readFileSync(join(pyodide, "python_stdlib.zip"))));
python.FS.writeFile("/archives.py", readFileSync(new URL("archives.py", import.meta.url)));
python.runPython("import runpy; runpy.run_path('/archives.py', run_name='__main__')");
for (const name of ["python_stdlib.zip", "app.bin"]) {
  writeFileSync(join(out, name), python.FS.readFile(`/${name}`));
}
