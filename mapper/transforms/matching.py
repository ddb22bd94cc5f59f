"""Patterns: transforms that match a text with a pattern."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from operator import methodcaller

from mapper.transforms.meaning import LONGEST_NUMBER, NOTHING, ONLY_A_PERSON, SHORT, Grown
from mapper.transforms.pattern_rules import PatternBlock, blocks, read_pattern, text_after
from mapper.transforms.patterns import (
    Gap,
    PatternFault,
    PatternPart,
    PlainText,
    TextPattern,
    parse_replacement,
)
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import LONGEST, TEXTUAL, check_length, text
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json, Type, of

# Patterns are constants of mappings: so many are kept that a process with many mappings compiles each once.
_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class CompiledPattern:
    """A pattern, ready to be matched.

    match: of a text, the groups of its named parts; None where the pattern does not describe the text.
    describes: only whether it does.
    """

    names: tuple[str, ...]
    match: Callable[[str], re.Match[str] | None]
    describes: Callable[[str], object]


@lru_cache(maxsize=_MOST_KEPT)
def compiled(text: str, any_case: bool = False) -> CompiledPattern:
    """The compiled pattern of a text. Raises PatternFault where it is none."""
    pattern = read_pattern(text, any_case)
    flags = re.DOTALL | (re.IGNORECASE if any_case else 0)
    match = re.compile(_regex(pattern), flags).match
    return CompiledPattern(pattern.names, match, _plain_test(pattern) or match)


def covers(wide: TextPattern, narrow: TextPattern) -> bool:
    """Whether one pattern certainly describes every text that another one does."""
    if narrow.any_case and not wide.any_case:
        return False
    if wide.pieces == narrow.pieces:
        return True
    pieces = narrow.pieces
    plain = [one.text for one in pieces if isinstance(one, PlainText)]
    if len(plain) == len(pieces):
        return bool(compiled(wide.text, wide.any_case).describes("".join(plain)))
    texts = [one.text for one in wide.pieces if isinstance(one, PlainText)]
    stars = [at for at, one in enumerate(wide.pieces) if isinstance(one, Gap) and not one.least]
    if len(texts) + len(stars) < len(wide.pieces) or len(texts) > 1 or not stars:
        return False
    if not texts:
        return True
    first, last = pieces[0], pieces[-1]
    if len(stars) > 1:
        return any(isinstance(one, PlainText) and texts[0] in one.text for one in pieces)
    if stars[0]:
        return isinstance(first, PlainText) and first.text.startswith(texts[0])
    return isinstance(last, PlainText) and last.text.endswith(texts[0])


def _plain_test(pattern: TextPattern) -> Callable[[str], object] | None:
    """A test without a regular expression, for a text with `*` at most at its ends."""
    pieces = pattern.pieces
    texts = [one.text for one in pieces if isinstance(one, PlainText)]
    stars = [one for one in pieces if isinstance(one, Gap) and not one.least]
    if pattern.any_case or len(texts) != 1 or len(stars) + 1 != len(pieces):
        return None
    sought = texts[0]
    if len(pieces) == 3:
        return methodcaller("__contains__", sought)
    if not stars:
        return methodcaller("__eq__", sought)
    return methodcaller("startswith" if pieces[-1] is stars[0] else "endswith", sought)


def _regex(pattern: TextPattern) -> str:
    """A regular expression that gives up nothing it has matched."""
    *inner, last = blocks(pattern)
    written = [_block(one, pattern, "") for one in inner]
    is_open = last.gap is not None and not last.pieces
    if not is_open:
        return "".join((*written, _block(last, pattern, r"\Z")))
    # What is after the last gap need not be looked at, but for the part that takes it.
    rest = _group(last.gap, ".+") if last.gap is not None and last.gap.least else ""
    return "".join((*written, rest))


def _block(block: PatternBlock, pattern: TextPattern, end: str) -> str:
    pieces = block.pieces
    written: list[str] = []
    at = 0
    if block.gap is not None and isinstance(pieces[0], PatternPart):
        written.append(f"(?<!{_one(pieces[0])})")
    while at < len(pieces):
        one, after = pieces[at], pieces[at + 1] if at + 1 < len(pieces) else None
        if isinstance(one, PlainText):
            written.append(re.escape(one.text))
        elif (sought := text_after(one, after, pattern.any_case)) is not None:
            written.append(f"(?>{_group(one, _repeated(one, '?'))}{re.escape(sought.text)})")
            at += 1
        else:
            written.append(_group(one, _repeated(one, "+")))
        at += 1
    body = "".join(written) + end
    if block.gap is None:
        return body
    return f"(?>{_group(block.gap, '.+?' if block.gap.least else '.*?')}{body})"


def _repeated(part: PatternPart, manner: str) -> str:
    """manner: `+` to give nothing back, `?` to take as little as possible."""
    one = _one(part)
    if part.has_length:
        return f"{one}{{{part.least}}}"
    return f"{one}+{manner}" if part.most is None else f"{one}{{{part.least},{part.most}}}{manner}"


def _one(part: PatternPart) -> str:
    """A character of a part. A kind has letters in both cases, and is slow to fold."""
    return f"(?-i:{part.characters.one})" if part.characters.kind else part.characters.one


def _group(part: PatternPart | Gap, written: str) -> str:
    return f"(?P<{part.name}>{written})" if part.name else written


_TEXT = of("string")
_TEXT_OR_NONE = of("string", "null")
_PATTERN = Parameter(
    "pattern",
    _TEXT,
    required=True,
    role="steers",
    constant=True,
    is_pattern=True,
    also="regex regexp template format",
)
_ANY_CASE = Parameter(
    "any_case",
    of("boolean"),
    required=False,
    role="steers",
    default=False,
    constant=True,
    also="ignorecase insensitive",
)


def _check_extract(pattern: str, any_case: bool = False, required: bool = False) -> None:
    if not read_pattern(pattern, any_case).names:
        reason = "no part of the pattern has a name, so there is nothing to extract"
        hint = "name a part, as `{sku}`; `matches` says whether a text has this form"
        raise PatternFault("nothing", reason, (0, len(pattern)), hint)


def _type_of_parts(pattern: str, any_case: bool = False, required: bool = False) -> Type:
    """The text of the only part, or an object of all parts."""
    _check_extract(pattern, any_case)
    names = read_pattern(pattern, any_case).names
    fields = tuple((name, _TEXT) for name in sorted(names))
    made = _TEXT if len(names) == 1 else Type(frozenset({"object"}), fields=fields, closed=True)
    return made if required else made.optional()


@lru_cache(maxsize=_MOST_KEPT)
def _prepare_extract(
    pattern: str, any_case: bool = False, required: bool = False
) -> Callable[[Json], str | dict[str, Json] | None]:
    made = compiled(pattern, any_case)
    match, is_one = made.match, len(made.names) == 1

    def extract_parts(value: Json) -> str | dict[str, Json] | None:
        found = match(value if type(value) is str else text(value))
        if found is None:
            if required:
                raise Invalid("the text does not match the pattern")
            return None
        return found[1] if is_one else found.groupdict()

    return extract_parts


def _parts_size(pattern: str, any_case: bool = False, required: bool = False) -> Grown:
    """The size of one part, or of an object of several: their names, and null for each that is not there."""
    names = read_pattern(pattern).names
    return Grown(1, 2 + sum(len(name.encode()) + 8 for name in names) if len(names) > 1 else 0)


@transform(
    TEXTUAL,
    of("string", "object", "null"),
    keeps=ONLY_A_PERSON,
    grows=_parts_size,
    parameters=[
        _PATTERN,
        _ANY_CASE,
        Parameter("required", of("boolean"), required=False, role="steers", default=False, constant=True),
    ],
    examples=[
        ("/product/7", {"pattern": "/product/{sku}"}, "7"),
        ("10x20", {"pattern": "{width:digits}x{height:digits}"}, {"width": "10", "height": "20"}),
        ("https://shop.example/lp/7?x=1", {"pattern": "*/lp/{page}*"}, "7"),
        ("/cart", {"pattern": "/product/{sku}"}, None),
        (
            "/cart",
            {"pattern": "/product/{sku}", "required": True},
            Invalid("the text does not match the pattern"),
        ),
    ],
    check=_check_extract,
    typed=_type_of_parts,
    prepare=_prepare_extract,
    also=Also("match capture parse regex dissect grok", calls="regexextract parseregex"),
)
def extract(
    value: Json, pattern: str, any_case: bool = False, required: bool = False
) -> str | dict[str, Json] | None:
    """The named parts of a text that a pattern describes: one part as its text, several as an object.

    A text that the pattern does not describe gives null; with `required` it is invalid.
    """
    return _prepare_extract(pattern, any_case, required)(value)


def _check_matches(pattern: Json, any_case: bool = False) -> None:
    for one in pattern if isinstance(pattern, list) else [pattern]:
        if not isinstance(one, str):
            raise Invalid("each pattern must be a text")
        read_pattern(one, any_case)


def _prepare_matches(pattern: str | list[str], any_case: bool = False) -> Callable[[Json], bool]:
    if type(pattern) is not str:
        tests = [_prepare_matches(one, any_case) for one in pattern]
        return lambda value: any(test(value) for test in tests)
    describes = compiled(pattern, any_case).describes

    def match_text(value: Json) -> bool:
        return value is not None and bool(describes(value if type(value) is str else text(value)))

    return match_text


@transform(
    of("string", "integer", "number", "null"),
    of("boolean"),
    keeps=NOTHING,
    grows=SHORT,
    on_null="false",
    parameters=[
        Parameter(
            "pattern",
            replace(of("string", "array"), items=_TEXT),
            required=True,
            role="steers",
            constant=True,
            is_pattern=True,
            also="patterns regex regexp glob",
        ),
        _ANY_CASE,
    ],
    examples=[
        ("/lp/7", {"pattern": "/lp/*"}, True),
        ("/lp/7", {"pattern": ["/cart", "*/{n:digits}"]}, True),
        ("/LP/7", {"pattern": "/lp/*"}, False),
        ("/LP/7", {"pattern": "/lp/*", "any_case": True}, True),
        (None, {"pattern": "*"}, False),
    ],
    check=_check_matches,
    prepare=_prepare_matches,
    also=Also("like glob fnmatch rlike", calls="regexmatch regexpmatch regexpcontains regexlike test"),
)
def matches(value: Json, pattern: str | list[str], any_case: bool = False) -> bool:
    """Whether a pattern describes the whole text; of a list, any of them. False of null."""
    if value is None:
        return False
    written = value if type(value) is str else text(value)
    if type(pattern) is str:
        return bool(compiled(pattern, any_case).describes(written))
    return any(compiled(one, any_case).describes(written) for one in pattern)


# `rewrite` may repeat a part: what comes of it is no longer than so many texts, and its own.
MOST_REWRITTEN = 8
# What regular expressions write for a part, where no part is written by its name.
_GROUP = re.compile(r"[$\\]\{?([1-9])\}?")


@lru_cache(maxsize=_MOST_KEPT)
def _written_parts(to: str, names: tuple[str, ...]) -> tuple[str | int, ...]:
    """The parts that `rewrite` writes: texts, and the numbers of parts. Raises PatternFault.

    names: of the parts that the pattern has.
    """
    made: list[str | int] = []
    for piece in parse_replacement(to):
        if isinstance(piece, PlainText):
            made.append(piece.text)
        elif piece.name in names:
            made.append(names.index(piece.name))
        else:
            shown = " or ".join(f"`{{{one}}}`" for one in names) or "none"
            reason = f"the pattern has no part `{piece.name}`; its parts are {shown}"
            raise PatternFault("parts", reason, (piece.start, piece.end))
    group = _GROUP.search(to)
    if group is not None and all(isinstance(one, str) for one in made) and int(group[1]) <= len(names):
        reason = f"`{group[0]}` is a group of a regular expression; a part is written by its name"
        raise PatternFault("parts", reason, group.span(), f"write `{{{names[int(group[1]) - 1]}}}`")
    if sum(isinstance(one, int) for one in made) > MOST_REWRITTEN:
        raise PatternFault("parts", f"a text is written of at most {MOST_REWRITTEN} parts", (0, len(to)))
    return tuple(made)


def _writing(to: str, names: tuple[str, ...]) -> Callable[..., str]:
    """A function that writes the texts of all parts as `to` says."""
    pieces = _written_parts(to, names)
    written = (
        re.sub(r"[{}]", r"\g<0>\g<0>", one) if isinstance(one, str) else f"{{{one}}}" for one in pieces
    )
    return "".join(written).format


def _check_rewrite(pattern: str, to: str, any_case: bool = False) -> None:
    names = read_pattern(pattern, any_case).names
    try:
        _written_parts(to, names)
    except PatternFault as fault:
        fault.parameter, fault.known = "to", names
        raise


@lru_cache(maxsize=_MOST_KEPT)
def _prepare_rewrite(pattern: str, to: str, any_case: bool = False) -> Callable[[Json], str | None]:
    made = compiled(pattern, any_case)
    match, write = made.match, _writing(to, made.names)

    def rewrite_text(value: Json) -> str | None:
        written = value if type(value) is str else text(value)
        found = match(written)
        if found is None:
            return written
        new = write(*found.groups())
        if len(new) > LONGEST:
            check_length(len(new))
        return new or None

    return rewrite_text


def _rewritten_size(pattern: str, to: str, any_case: bool = False) -> Grown:
    """The size of the text itself, or of its named parts between the written ones."""
    parts = sum(not isinstance(piece, PlainText) for piece in parse_replacement(str(to)))
    return Grown(max(parts, 1), parts * LONGEST_NUMBER)


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=_rewritten_size,
    parameters=[
        _PATTERN,
        Parameter(
            "to", _TEXT, required=True, role="put", constant=True, also="as new with by replacement output"
        ),
        _ANY_CASE,
    ],
    examples=[
        ("SKU-7-red", {"pattern": "SKU-{n:digits}-{colour}", "to": "{colour}/{n}"}, "red/7"),
        ("7-red", {"pattern": "SKU-{n:digits}-{colour}", "to": "{colour}/{n}"}, "7-red"),
        ("Order #7", {"pattern": "Order #*", "to": "order"}, "order"),
    ],
    check=_check_rewrite,
    prepare=_prepare_rewrite,
    also=Also("regexreplace reformat", calls="regexpreplace pregreplace"),
)
def rewrite(value: Json, pattern: str, to: str, any_case: bool = False) -> str | None:
    """Write a text that a pattern describes anew, with its named parts; another text stays as it is.

    `to` holds at most 8 parts. `{{` and `}}` are the characters themselves.
    """
    return _prepare_rewrite(pattern, to, any_case)(value)
