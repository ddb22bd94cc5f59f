"""The work of `mapper check`: reads the files, reports what is wrong with them, fixes them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

import mapper
from mapper import authoring
from mapper.cli.changed_since import changed_only
from mapper.cli.command import mapping_paths, tell_shadows
from mapper.cli.kept_reviews import KeptReviews, kept_reviews
from mapper.cli.messages import error_line
from mapper.cli.progress import followed, progress
from mapper.cli.report import (
    CheckResult,
    Unread,
    closing_count,
    coverage_line,
    number_of,
    pointer,
    report,
    severity,
)
from mapper.cli.repository_policy import PolicyHere, policy_here
from mapper.cli.sample_option import read_sample_schema
from mapper.cli.terminal import is_quiet, may_colour, visible
from mapper.project.mapping_files import is_intake
from mapper.texts.named_text import Span, Text, decode_text
from mapper.texts.review import UNUSED_ALLOWANCE, Review, stale_allowances
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.cli.check_options import CheckOptions
    from mapper.texts.diagnostic import Diagnostic
    from mapper.texts.fixing import Repaired

_FILES, _CHECKS = SafeText("files"), SafeText("checks of files")


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts to check, and what of the paths could not be read.

    names: of all files, in order; reviews: what is known of those that are not among the texts: all is well.
    """

    names: tuple[str, ...]
    texts: tuple[Text, ...]
    unread: tuple[Unread, ...]
    reviews: KeptReviews


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of `check`. samples: the schema of the events that it is given, if any."""

    options: CheckOptions
    samples: dict[str, Any] | None
    here: PolicyHere

    def check(self, text: Text) -> tuple[Diagnostic, ...]:
        """All that is wrong with a text, or could be better."""
        if self.here.is_it(text.name):
            return ()  # what is wrong with it is said of each run
        if is_intake(text):
            return _intake_mistakes(text, self.options.schemas)
        if _is_schema(text, self.options.schemas):
            return authoring.check_schema(text.content, text.name, schemas=self.options.schemas)
        where = {"schemas": self.options.schemas, "beside": text.name}
        return mapper.check_text(text.content, text.name, samples=self.samples, **where)

    def review(self, text: Text, reviews: KeptReviews) -> Review:
        """All that is wrong with a text, or could be better, and what it can send."""
        if self.here.is_it(text.name) or is_intake(text) or _is_schema(text, self.options.schemas):
            return Review(self.check(text), ())
        return reviews.review(text, self.samples)

    def _reviewed(self, given: _Texts) -> Iterator[tuple[str, Review]]:
        """The review of each text, by its name, in their order."""
        if self.options.jobs == 1:
            return ((text.name, self.review(text, given.reviews)) for text in given.texts)
        from mapper.workbench.processes import map_in_processes

        def review(text: Text) -> tuple[str, Review]:
            made = self.review(text, given.reviews)
            # The facts of a diagnostic were used already, and cannot be sent to another process.
            return text.name, replace(made, found=tuple(replace(one, facts=None) for one in made.found))

        return map_in_processes(review, given.texts, self.options.jobs)

    def check_all(self, given: _Texts) -> CheckResult:
        """The diagnostics of all texts; once, where several texts say the same of a file that they extend."""
        found: dict[tuple[str, Span, str], Diagnostic] = {}
        with followed(self._reviewed(given), _FILES, len(given.texts)) as reviewed:
            made = given.reviews.clean | dict(reviewed)
        reviews = [(name, made[name]) for name in given.names if name in made]
        needed, unused = stale_allowances(made, given.reviews.clean)
        every = [one for _, review in reviews for one in review.found]
        for one in (*every, *unused):
            if one.code == UNUSED_ALLOWANCE and one.span in needed:
                continue  # another mapping needs the comment
            said = (one.code, one.span, one.message)
            # A file knows the fixes of its own; who extends it may not.
            if said not in found or (one.fixes and not found[said].fixes):
                found[said] = one
        covered = tuple((name, review.coverage) for name, review in reviews if review.coverage)
        tests = sum(review.tests for _, review in reviews)
        intakes = sum(map(is_intake, given.texts))
        schemas = sum(_is_schema(text, self.options.schemas) for text in given.texts)
        names, strict = tuple(name for name, _ in reviews), self.options.strict
        checked = CheckResult(
            names, tuple(found.values()), given.unread, strict, covered, tests, intakes, schemas
        )
        return self.here.judge(checked)


def check(options: CheckOptions) -> int:
    """Check, fix or compare as a call asks; the exit status."""
    cached = not (options.no_cache or options.fix or options.diff or options.events)
    reviews = kept_reviews(options.schemas, cached=cached)
    here = policy_here()
    given = _with_named(_read(options, reviews, here))
    samples = None if options.events is None else read_sample_schema(options.events)
    call = _Call(options, samples, here)
    tell_shadows(given.names, options.schemas)
    if options.diff:
        return _show_difference(call, given)
    if options.fix and "-" in options.paths:
        return _filter(call, given)
    return _fix_files(call, given) if options.fix else _check(call, given)


def _check(call: _Call, given: _Texts, *, fixed: int = 0) -> int:
    """Report to stdout; the exit status."""
    checked = call.check_all(given)
    sys.stdout.write(report(call.options.form, checked, colour=may_colour(sys.stdout)))
    sys.stdout.flush()
    return _end(call, checked, fixed=fixed)


def _fix_files(call: _Call, given: _Texts) -> int:
    """Fix the files, then report what is left."""
    from mapper.cli.fix import write

    now = write(given.texts, _fixed(call, given))
    status = _check(call, replace(given, texts=now.texts), fixed=now.fixed)
    return 2 if now.failed else status


def _fixed(call: _Call, given: _Texts) -> Repaired:
    """The texts with their fixes; each is checked, and again once it has some."""
    from mapper.cli.fix import fixed_texts

    with progress(_CHECKS) as line:

        def check(text: Text) -> tuple[Diagnostic, ...]:
            found = call.check(text)
            line.count()
            return found

        return fixed_texts(given.texts, check)


def _filter(call: _Call, given: _Texts) -> int:
    """stdin with its fixes to stdout; what is left in it to stderr."""
    repaired = _fixed(call, given)
    texts = tuple(repaired.texts.values())
    sys.stdout.buffer.write(b"".join(text.content.encode("utf-8") for text in texts))
    sys.stdout.flush()
    checked = call.check_all(replace(given, texts=texts))
    click.echo(
        report(call.options.form, checked, colour=may_colour(sys.stderr)), err=True, nl=False, color=True
    )
    return _end(call, checked, fixed=len(repaired.done))


def _show_difference(call: _Call, given: _Texts) -> int:
    """Write the changes that the fixes make, as a patch on stdout; 1 if there are any."""
    from mapper.cli.fix import as_patch

    patch = as_patch(given.texts, _fixed(call, given), screen=sys.stdout.isatty())
    sys.stdout.write(patch)
    sys.stdout.flush()
    return _end(call, call.check_all(given)) or int(bool(patch))


def _end(call: _Call, checked: CheckResult, *, fixed: int = 0) -> int:
    """The closing words on stderr; the exit status."""
    for one in checked.unread:
        click.echo(f"mapper: {one.why}", err=True)
    has_errors = any(severity(one, call.options.strict) == "error" for one in checked.found)
    if not is_quiet():
        _tell_heirs(call, checked)
        _tell_counts(call, checked, fixed, has_errors=has_errors)
    if checked.unread:
        return 2
    return int(has_errors)


def _may_be_partial(file: str) -> bool:
    """Whether a file may be one that is only to be extended; most are not, and the compiler is not asked."""
    with suppress(OSError), open(file, "rb") as opened:
        return b"partial" in opened.read()
    return False


def _tell_heirs(call: _Call, checked: CheckResult) -> None:
    """Say of each base that a person names how many mappings extend it and were not checked."""
    named = [one for one in call.options.paths if os.path.isfile(one) and _may_be_partial(one)]
    if call.options.changed_since is not None or not named:
        return
    from mapper.repository.heirs import heirs, is_partial

    files = {os.path.realpath(name) for name in checked.files}
    for file in named:
        with suppress(OSError):
            count = len({*heirs(file)} - files) if is_partial(_read_one(file, file)) else 0
            if count:
                extend = "1 mapping extends" if count == 1 else f"{count:,} mappings extend"
                rest = "it; mapper check --changed-since REF or a folder checks them"
                click.echo(visible(f"{file}: {extend} {rest}"), err=True)


def _tell_counts(call: _Call, checked: CheckResult, fixed: int, *, has_errors: bool) -> None:
    """Say what the mappings can send, how much was found, and what comes next."""
    in_text, strict = call.options.form == "text", call.options.strict
    is_asked = call.options.verbose or len(checked.files) == 1
    for name, covered in checked.covered if in_text and is_asked and not has_errors else ():
        click.echo(coverage_line(name, covered), err=True)
    if checked.files or not checked.unread:
        count = closing_count(checked.counted, checked.found, strict=strict, fixed=fixed, fixable=True)
        click.echo(count, err=True)
    if checked.tests:
        click.echo(f"{number_of(checked.tests, 'test')} not run; run `mapper test`", err=True)
    if in_text:
        click.echo(pointer(checked.found), err=True, nl=False)


# Most files are mappings: what reads intakes is imported where one is checked.
def _intake_mistakes(text: Text, schemas: str | None) -> tuple[Diagnostic, ...]:
    from mapper.intake.intake_file import intake_mistakes

    return intake_mistakes(text, schemas)


def _is_schema(text: Text, schemas: str | None) -> bool:
    if not text.name.endswith(".json"):
        return False
    from mapper.project.schema_roles import is_schema_file

    return is_schema_file(text, schemas)


def _mappings_of_intake(text: Text) -> tuple[str, ...]:
    from mapper.intake.intake_file import named_mappings

    return named_mappings(text)


def _read(options: CheckOptions, reviews: KeptReviews, here: PolicyHere) -> _Texts:
    """The texts of all files that are named or are in a folder that is, each once."""
    paths, stdin_filename = mapping_paths(options.paths), options.stdin_filename
    found = authoring.mapping_files(paths)
    names: list[str] = []
    texts: list[Text] = []
    unread = [Unread(path, visible(why)) for path, why in found.unread]
    files = here.less_excluded(found.files, paths)
    for file in changed_only(files, options.changed_since, options.jobs):
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
                    texts.append(_read_one(file, file))
                names.append(file)
            except OSError as error:
                unread.append(Unread(file, error_line(error)))
    return replace(given, names=tuple(names), texts=tuple(texts), unread=tuple(unread))


def _read_one(file: str, name: str) -> Text:
    if file == "-":
        return decode_text(name, sys.stdin.buffer.read())
    from mapper.project.project import read_text  # it takes the compiler, which clean files do without

    return read_text(file)
