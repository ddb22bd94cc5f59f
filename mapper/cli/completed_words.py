"""The words that a shell offers for what is begun, where they are neither options nor files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click


SCHEMA_SUBJECTS = ("mapping", "intake", "policy", "target", "source", "from")
"""The words that `schema` takes besides the names of schemas."""


def complete_subject(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The subjects of `explain`: codes and words of mappings, beside files."""
    from mapper import CODES
    from mapper.cli.command import here
    from mapper.word_questions import explainable_words

    words = [*CODES, *explainable_words(schemas=ctx.params.get("schemas"), beside=here())]
    return [CompletionItem(incomplete, type="file"), *_begun(words, incomplete)]


def complete_ready(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ready mappings."""
    from mapper.workbench.ready_mappings import ready_mappings

    return _begun((one.name for one in ready_mappings()), incomplete)


def complete_schema(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The schemas that there are here, and first the other words that `schema` takes."""
    from mapper.cli.command import here
    from mapper.compiling import schema_names

    subjects = SCHEMA_SUBJECTS if param.name == "subject" else ()
    return _begun([*subjects, *schema_names(schemas=ctx.params.get("schemas"), beside=here())], incomplete)


def _begun(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
