"""The examples: every ready mapping, with the events of its own tests as samples, and the tutorials."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mapper
from mapper import authoring
from mapper.authoring import Analysis, ReadyMapping
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.shown_value import indented
from mapper.playground.tutorial import tutorials

_MOST_SAMPLES = 12
# The one that the page begins with: most authors know such an order.
_FIRST = "shopify-orders"
# Words of names that are written otherwise.
_WRITTEN = {
    "bigquery": "BigQuery",
    "ecommerce": "e-commerce",
    "ga4": "GA4",
    "metarouter": "MetaRouter",
    "posthog": "PostHog",
    "rudderstack": "RudderStack",
    "woocommerce": "WooCommerce",
    "xdm": "XDM",
}


@dataclass(frozen=True, slots=True)
class OfferedExample:
    """An example that can be opened. title: as a list of examples shows it; about: in a sentence."""

    name: str
    title: str
    about: str
    kind: str

    @property
    def summary(self) -> dict[str, str]:
        """The example as the page lists it."""
        return {"name": self.name, "title": self.title, "about": self.about, "kind": self.kind}


def examples() -> list[OfferedExample]:
    """All examples, in the order in which they are offered."""
    ready = [OfferedExample(one.name, _title(one.name), one.about, "example") for one in _ready().values()]
    lessons = [OfferedExample(one.name, one.title, one.about, "tutorial") for one in tutorials().values()]
    return [*ready, *lessons]


@lru_cache(maxsize=1)
def _ready() -> dict[str, ReadyMapping]:
    """The ready mappings that send, by name; orders of a shop first: they show most."""
    found = {one.name: one for one in authoring.ready_mappings()}
    first = [_FIRST, *(name for name in found if name.endswith("-orders"))]
    return {name: found[name] for name in dict.fromkeys((*first, *found))}


def _title(name: str) -> str:
    """The title of an example: `shopify-orders` as `Shopify orders`."""
    words = " ".join(_WRITTEN.get(word, word) for word in name.split("-"))
    return words[:1].upper() + words[1:]


@lru_cache(maxsize=16)
def opened(name: str) -> dict[str, Any]:
    """An example as the page opens it. Raises PlaygroundProblem where there is none of that name."""
    if name in tutorials():
        return tutorials()[name].opened
    ready = _ready().get(name)
    if ready is None:
        raise PlaygroundProblem(
            f"there is no example `{name}`", f"there are {', '.join((*_ready(), *tutorials()))}"
        )
    (own, text), *others = ready.files
    return {
        "mapping": {"name": own, "text": text},
        "files": dict(others),
        "samples": samples_of_tests(authoring.analyse_file(ready.file)),
        "title": _title(name),
    }


def samples_of_tests(analysis: Analysis) -> list[dict[str, Any]]:
    """The events of a mapping's own tests as samples; none where it has errors."""
    with suppress(mapper.CompileError):
        return [
            {"name": test.name, "text": indented(test.given), "format": "json"}
            for test in analysis.tests[:_MOST_SAMPLES]
        ]
    return []
