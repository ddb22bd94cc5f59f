"""The options of commands in the built pages: each on one line; a browser breaks them after hyphens."""

from __future__ import annotations

import re
from pathlib import Path

# A longer one may be broken, so that no page is wider than a phone.
_OPTION = re.compile(r"<code>(?=.{2,28}</code>)(--?[a-z][\w-]*(?: [A-Z]+)?)</code>")


def marked(page: str) -> str:
    """A page whose options have the class `option`, which `site.css` keeps on one line."""
    return _OPTION.sub(r'<code class="option">\1</code>', page)


def mark_options(site: Path) -> None:
    """Mark the options in all pages of a site."""
    for path in site.rglob("*.html"):
        path.write_text(marked(path.read_text(encoding="utf-8")), encoding="utf-8")
