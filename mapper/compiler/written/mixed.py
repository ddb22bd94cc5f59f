"""A mapping that is neither the fields of an object nor one rule -> the diagnostic that says why."""

from __future__ import annotations

from mapper.compiler.document.fixes import rename, shown
from mapper.compiler.document.node import MapNode, ScalarNode
from mapper.diagnostic import Diagnostic, Fix

# So many fields stand in a hint.
_MOST_SHOWN = 6


def report_sources(node: MapNode, sources: list[ScalarNode], found: list[Diagnostic]) -> None:
    """Report a rule that has no source, or more than one."""
    if not sources:
        if node.unread:
            return
        first = node.entries[0][0]
        found.append(
            Diagnostic(
                "M025",
                first.span,
                f"a rule with `{first.text}` takes its value from nowhere",
                "add `from`, `const`, `case`, `each` or `zip`",
            )
        )
        return
    hint = "keep one of them; `from` takes a list of alternatives"
    fixes: tuple[Fix, ...] = ()
    constant = next((key for key in sources if key.text == "const"), None)
    if constant is not None and not any(key.text == "default" for key, _ in node.entries):
        hint = "a constant for events that have no value is `default`"
        fixes = (rename(constant.span, "default"),)
    found.append(
        Diagnostic(
            "M025",
            sources[1].span,
            f"a rule has one source, but both `{sources[0].text}` and `{sources[1].text}` stand here",
            hint,
            related=((sources[0].span, "the other source"),),
            fixes=fixes,
        )
    )


def report_item(node: MapNode, strange: list[ScalarNode], found: list[Diagnostic]) -> None:
    """Report the fields of each element that stand beside `each`, not under `item`."""
    message = f"`{strange[0].text}` reads as a field of each element, but stands beside `each`"
    names = {key.text for key in strange[:_MOST_SHOWN]}
    fields = [f"{key.text}: {shown(value.span) or '...'}" for key, value in node.entries if key.text in names]
    fields += ["..."] if len(strange) > _MOST_SHOWN else []
    hint = f"write `item: {{{', '.join(fields)}}}`"
    found.append(Diagnostic("M024", strange[0].span, message, hint))


def report_mix(strange: list[ScalarNode], rule_key: ScalarNode, found: list[Diagnostic]) -> None:
    """Report what reads as a field beside what reads as a key of a rule."""
    message = f"`{strange[0].text}` reads as a field, but `{rule_key.text}` beside it is a key of a rule"
    found.append(
        Diagnostic(
            "M024",
            strange[0].span,
            message,
            "write `{from: EXPRESSION, when: CONDITION}`"
            if (rule_key.text, strange[0].text) == ("when", "then")
            else "a rule has `const`, `from`, `case`, `each` or `zip`",
            related=((rule_key.span, "a key of a rule"),),
        )
    )
