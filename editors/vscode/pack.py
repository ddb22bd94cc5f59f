"""dist/ -> a .vsix file, as VS Code installs it: a zip with a manifest. The same files give the same bytes.

python editors/vscode/pack.py build/
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_HERE = Path(__file__).parent
_FILES = (
    "icon.png",
    "language-configuration.json",
    "syntaxes/capi-mapping.tmLanguage.json",
    "syntaxes/jmespath.tmLanguage.json",
    "dist/extension.js",
    "dist/NOTICES.txt",
)
_PICTURE = _HERE.parents[1] / "docs/editor.png"
_FOR_BUILDING = ("scripts", "dependencies", "devDependencies", "private")
_TYPES = {
    "json": "application/json",
    "js": "application/javascript",
    "md": "text/markdown",
    "png": "image/png",
    "txt": "text/plain",
    "vsixmanifest": "text/xml",
}


def main() -> None:
    """Write the file, and print its path."""
    package = json.loads((_HERE / "package.json").read_text(encoding="utf-8"))
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package['name']}-{package['version']}.vsix"
    with ZipFile(path, "w") as archive:
        for name, content in _contents(package):
            info = ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    print(path)


def _contents(package: dict[str, Any]) -> list[tuple[str, bytes]]:
    shown = {key: value for key, value in package.items() if key not in _FOR_BUILDING}
    files = [(f"extension/{name}", (_HERE / name).read_bytes()) for name in _FILES]
    return [
        ("extension.vsixmanifest", _manifest(package).encode()),
        ("[Content_Types].xml", _content_types().encode()),
        ("extension/package.json", json.dumps(shown, indent=2, ensure_ascii=False).encode()),
        ("extension/LICENSE.txt", (_HERE.parents[1] / "LICENSE").read_bytes()),
        ("extension/README.md", _readme()),
        (f"extension/{_PICTURE.name}", _PICTURE.read_bytes()),
        *files,
    ]


def _readme() -> bytes:
    """The README, whose picture is beside it."""
    text = (_HERE / "README.md").read_text(encoding="utf-8")
    return text.replace("../../docs/", "").encode()


def _content_types() -> str:
    rows = "".join(f'<Default Extension=".{end}" ContentType="{kind}"/>' for end, kind in _TYPES.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{rows}</Types>\n'
    )


def _manifest(package: dict[str, Any]) -> str:
    identity = {
        "Language": "en-US",
        "Id": package["name"],
        "Version": package["version"],
        "Publisher": package["publisher"],
    }
    properties = {
        "Engine": package["engines"]["vscode"],
        "ExtensionDependencies": "",
        "ExtensionPack": "",
        "ExtensionKind": "workspace",
        "LocalizedLanguages": "",
    }
    assets = {
        "Microsoft.VisualStudio.Code.Manifest": "extension/package.json",
        "Microsoft.VisualStudio.Services.Content.Details": "extension/README.md",
        "Microsoft.VisualStudio.Services.Content.License": "extension/LICENSE.txt",
        "Microsoft.VisualStudio.Services.Icons.Default": f"extension/{package['icon']}",
    }
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in identity.items())
    told = "".join(
        f"<Property Id={quoteattr(f'Microsoft.VisualStudio.Code.{name}')} Value={quoteattr(value)}/>"
        for name, value in properties.items()
    )
    listed = "".join(
        f'<Asset Type={quoteattr(kind)} Path={quoteattr(path)} Addressable="true"/>'
        for kind, path in assets.items()
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" \
xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity {written}/>
    <DisplayName>{escape(package["displayName"])}</DisplayName>
    <Description xml:space="preserve">{escape(package["description"])}</Description>
    <Tags>{escape(",".join(package["keywords"]))}</Tags>
    <Categories>{escape(",".join(package["categories"]))}</Categories>
    <License>extension/LICENSE.txt</License>
    <Icon>extension/{package["icon"]}</Icon>
    <Properties>{told}</Properties>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>{listed}</Assets>
</PackageManifest>
"""


if __name__ == "__main__":
    main()
