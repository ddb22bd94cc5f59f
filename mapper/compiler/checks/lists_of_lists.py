"""`each: [items]` -> a warning: a list with one element, which is the list that was meant."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.inference.personal_origins import value_paths
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import MultiList
from mapper.compiler.plan.scope import Site, span_of
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.value_nodes import Each, parts
from mapper.compiler.yaml.edits import quoted
from mapper.compiler.yaml.yaml_facts import Replace
from mapper.texts.diagnostic import Diagnostic


@check("M456")
def lists_around_lists(case: CheckCase) -> Iterator[Diagnostic]:
    """An `each` over a list that is written around a list."""
    for rule, _, site in case.record.rules:
        source = rule.source
        if not isinstance(source, Each):
            continue
        inner = _only_element(source)
        if inner is not None and _is_list(inner[0], site, case):
            _, written = inner
            span = span_of(source.items)
            message = f"`each` goes through a list of one element, which is the list `{written}`"
            fact = Replace(span, quoted(written))
            path = None if site.target is None else site.target.path
            hint = f"write `each: {quoted(written)}`"
            yield Diagnostic("M456", span, message, hint, path=path, facts=fact)


def _only_element(each: Each) -> tuple[Expression, str] | None:
    """The only element of the list that is written under `each`, with its text."""
    elements = [part.value for part in parts(each.items) if part.role == "element"]
    listed = elements[0] if len(elements) == 1 else each.items
    if not isinstance(listed, Expression):
        return None
    if elements:
        return listed, listed.text.strip()
    root = listed.root
    if not isinstance(root, MultiList) or len(root.elements) != 1:
        return None
    return listed, listed.text[root.elements[0].start : root.elements[0].end]


def _is_list(expression: Expression, site: Site, case: CheckCase) -> bool:
    """Whether an element is a list by its name: one that sources give to the list that the field takes."""
    paths = value_paths(expression, site.scope.origins, case.plan.labels)
    names = () if site.target is None else site.target.attributes
    plurals = {letters_of(name) for name in names if name.endswith("s")}
    return any(path and letters_of(path[-1]) in plurals for path in paths)
