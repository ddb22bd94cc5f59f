"""`mapper check`: compiles mapping files and says what is wrong with them, and fixes what it safely can."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import click

import mapper
from mapper import authoring
from mapper.cli.command import (
    mapping_paths,
    new_command,
    schemas_option,
    stdin_filename_option,
    tell_shadows,
)
from mapper.cli.kept_reviews import KeptReviews, kept_reviews
from mapper.cli.messages import error_line
from mapper.cli.options import argument, option, takes
from mapper.cli.report import (
    FORMATS,
    CheckResult,
    Unread,
    closing_count,
    coverage_line,
    number_of,
    pointer,
    report,
    severity,
)
from mapper.cli.sample_option import events_option, read_sample_schema
from mapper.cli.terminal import may_colour, visible
from mapper.project.folders import is_intake
from mapper.project.project import read_text
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span, Text, decode_text
from mapper.texts.review import Review
from mapper.values.frozen import dataclass

_EXAMPLE = """\
mapper check                                   all files under mappings/
mapper check mappings/shop.yaml --strict
mapper check intake.yaml                       the entries of `mapper serve`, and their mappings
mapper check mappings/shop.yaml --events events.ndjson
mapper check --fix                             apply the safe fixes
mapper check --format sarif > mapper.sarif     for code scanning; github and junit for CI
mapper check - --stdin-filename shop.yaml --format json < shop.yaml"""


@dataclass(frozen=True, slots=True)
class _CheckOptions:
    """The call of `check`: files, what to do with them, and form."""

    paths: tuple[str, ...] = argument(nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
    form: str = option("--format", type=click.Choice(FORMATS), default="text", show_default=True)
    strict: bool = option("--strict", is_flag=True, help="Treat warnings as errors.")
    fix: bool = option(
        "--fix", is_flag=True, help="Apply the safe fixes to the files; with `-`, print the result."
    )
    diff: bool = option("--diff", is_flag=True, help="Print what --fix would change, without changing it.")
    stdin_filename: str = stdin_filename_option()
    events: str | None = events_option()
    schemas: str | None = schemas_option()
    no_cache: bool = option(
        "--no-cache", is_flag=True, help="Check all files again, also those that are as they were."
    )
    samples: dict[str, Any] | None = None

    def check(self, text: Text) -> tuple[Diagnostic, ...]:
        """All that is wrong with a text, or could be better."""
        if is_intake(text):
            return _intake_mistakes(text, self.schemas)
        where = {"schemas": self.schemas, "beside": text.name}
        return mapper.check_text(text.content, text.name, samples=self.samples, **where)

    def review(self, text: Text, reviews: KeptReviews) -> Review:
        """All that is wrong with a text, or could be better, and what it can send."""
        if is_intake(text):
            return Review(_intake_mistakes(text, self.schemas), ())
        return reviews.review(text, self.samples)

    def check_all(self, given: _Texts) -> CheckResult:
        """The diagnostics of all texts; once, where several texts say the same of a file that they extend."""
        found: dict[tuple[str, Span, str], Diagnostic] = {}
        made = given.reviews.clean | {text.name: self.review(text, given.reviews) for text in given.texts}
        reviews = [(name, made[name]) for name in given.names if name in made]
        for one in (one for _, review in reviews for one in review.found):
            said = (one.code, one.span, one.message)
            # A file knows the fixes of its own; who extends it may not.
            if said not in found or (one.fixes and not found[said].fixes):
                found[said] = one
        covered = tuple((name, review.coverage) for name, review in reviews if review.coverage)
        tests = sum(review.tests for _, review in reviews)
        intakes = sum(map(is_intake, given.texts))
        names = tuple(name for name, _ in reviews)
        return CheckResult(names, tuple(found.values()), given.unread, self.strict, covered, tests, intakes)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts to check, and what of the paths could not be read.

    names: of all files, in order; reviews: what is known of those that are not among the texts: all is well.
    """

    names: tuple[str, ...]
    texts: tuple[Text, ...]
    unread: tuple[Unread, ...]
    reviews: KeptReviews


@new_command("check", _EXAMPLE)
@takes(_CheckOptions)
@click.pass_context
def command(ctx: click.Context, call: _CheckOptions) -> None:
    """Check mappings, and intakes of `serve`, before any event.

    PATH is a file, a folder (all .yaml and .yml files under it) or `-` for stdin; without one, mappings/.
    The mappings that entries name are checked too.
    With --events, it also warns of what does not fit these sample events.
    Exits with 1 if there is any error, and with 2 if a file cannot be read or none is found.
    """
    reads_stdin = "-" in call.paths
    if call.fix and reads_stdin and len(set(call.paths)) > 1:
        raise click.UsageError("`-` cannot be combined with other paths under --fix: stdout is for its text")
    if call.events == "-" and reads_stdin:
        raise click.UsageError("the mapping and --events cannot both be read from stdin")
    if call.fix and call.diff:
        raise click.UsageError("--fix changes files, --diff only shows the changes; give one of them")
    reviews = kept_reviews(call.schemas, cached=not (call.no_cache or call.fix or call.diff or call.events))
    given = _with_named(_read(mapping_paths(call.paths), call.stdin_filename, reviews))
    if call.events is not None:
        call = replace(call, samples=read_sample_schema(call.events))
    tell_shadows(given.names, call.schemas)
    if call.diff:
        ctx.exit(_show_difference(call, given))
    if call.fix and reads_stdin:
        ctx.exit(_filter(call, given))
    ctx.exit(_fix_files(call, given) if call.fix else _check(call, given))


def _check(call: _CheckOptions, given: _Texts, *, fixed: int = 0) -> int:
    """Report to stdout; the exit status."""
    checked = call.check_all(given)
    sys.stdout.write(report(call.form, checked, colour=may_colour(sys.stdout)))
    sys.stdout.flush()
    return _end(call, checked, fixed=fixed)


def _fix_files(call: _CheckOptions, given: _Texts) -> int:
    """Fix the files, then report what is left."""
    from mapper.cli.fix import fixed_texts, write

    now = write(given.texts, fixed_texts(given.texts, call.check))
    status = _check(call, replace(given, texts=now.texts), fixed=now.fixed)
    return 2 if now.failed else status


def _filter(call: _CheckOptions, given: _Texts) -> int:
    """stdin with its fixes to stdout; what is left in it to stderr."""
    from mapper.cli.fix import fixed_texts

    repaired = fixed_texts(given.texts, call.check)
    texts = tuple(repaired.texts.values())
    sys.stdout.buffer.write(b"".join(text.content.encode("utf-8") for text in texts))
    sys.stdout.flush()
    checked = call.check_all(replace(given, texts=texts))
    click.echo(report(call.form, checked, colour=may_colour(sys.stderr)), err=True, nl=False, color=True)
    return _end(call, checked, fixed=len(repaired.done))


def _show_difference(call: _CheckOptions, given: _Texts) -> int:
    """Write the changes that the fixes make, as a patch on stdout; 1 if there are any."""
    from mapper.cli.fix import as_patch, fixed_texts

    patch = as_patch(given.texts, fixed_texts(given.texts, call.check), screen=sys.stdout.isatty())
    sys.stdout.write(patch)
    sys.stdout.flush()
    return _end(call, call.check_all(given)) or int(bool(patch))


def _end(call: _CheckOptions, checked: CheckResult, *, fixed: int = 0) -> int:
    """The closing words on stderr; the exit status."""
    for one in checked.unread:
        click.echo(f"mapper: {one.why}", err=True)
    has_errors = any(severity(one, call.strict) == "error" for one in checked.found)
    for name, covered in checked.covered if call.form == "text" and not has_errors else ():
        click.echo(coverage_line(name, covered), err=True)
    if checked.files or not checked.unread:
        count = closing_count(checked.counted, checked.found, strict=call.strict, fixed=fixed, fixable=True)
        click.echo(count, err=True)
    if checked.tests:
        click.echo(f"{number_of(checked.tests, 'test')} not run; run `mapper test`", err=True)
    if call.form == "text":
        click.echo(pointer(checked.found), err=True, nl=False)
    if checked.unread:
        return 2
    return int(has_errors)


# Most files are mappings: what reads intakes is imported where one is checked.
def _intake_mistakes(text: Text, schemas: str | None) -> tuple[Diagnostic, ...]:
    from mapper.intake.intake_file import check_intake

    return check_intake(text, schemas).found


def _mappings_of_intake(text: Text) -> tuple[str, ...]:
    from mapper.intake.intake_file import named_mappings

    return named_mappings(text)


def _read(paths: Iterable[str], stdin_filename: str, reviews: KeptReviews) -> _Texts:
    """The texts of all files that are named or are in a folder that is, each once."""
    found = authoring.mapping_files(paths)
    names: list[str] = []
    texts: list[Text] = []
    unread = [Unread(path, visible(why)) for path, why in found.unread]
    for file in found.files:
        name = stdin_filename if file == "-" else file
        try:
            if file == "-" or not reviews.find(file):
                texts.append(_read_one(file, name))
            names.append(name)
        except OSError as error:
            unread.append(Unread(name, error_line(error)))
    return _Texts(tuple(names), tuple(texts), tuple(dict.fromkeys(unread)), reviews)


def _with_named(given: _Texts) -> _Texts:
    """The texts, and after them those of the mappings that entries among them name, each file once."""
    known = {os.path.realpath(name) for name in given.names}
    names, texts, unread = [*given.names], [*given.texts], [*given.unread]
    for text in given.texts:
        for file in _mappings_of_intake(text) if is_intake(text) else ():
            if os.path.realpath(file) in known:
                continue
            known.add(os.path.realpath(file))
            try:
                if not given.reviews.find(file):
                    texts.append(read_text(file))
                names.append(file)
            except OSError as error:
                unread.append(Unread(file, error_line(error)))
    return replace(given, names=tuple(names), texts=tuple(texts), unread=tuple(unread))


def _read_one(file: str, name: str) -> Text:
    if file == "-":
        return decode_text(name, sys.stdin.buffer.read())
    return read_text(file)
