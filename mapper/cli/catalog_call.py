"""The work of `mapper catalog`: catalogues the mappings of a folder, and reports what is asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper.cli.command import mapping_paths, tell_shadows
from mapper.cli.messages import tell
from mapper.cli.report import CheckResult, closing_count, pointer, report, to_json
from mapper.cli.report.catalog_report import (
    catalog_csv,
    catalog_json,
    difference_json,
    difference_text,
    rules_text,
    summary_text,
    unread_text,
)
from mapper.cli.repository_policy import PolicyHere, sound_policy_here
from mapper.cli.signals import raised
from mapper.cli.terminal import is_quiet, may_colour, visible
from mapper.project.folders import shown
from mapper.repository.git_tree import is_revision
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import SafeText
from mapper.workbench.mapping_catalog import (
    Catalog,
    CatalogQuery,
    is_field_of,
    make_catalog,
)

if TYPE_CHECKING:
    from mapper.cli.catalog_options import CatalogOptions
    from mapper.workbench.catalog_difference import CatalogDifference

_ERROR = 2


def show_catalog(options: CatalogOptions) -> int:
    """Show the catalogue, what differs in it, or what is wrong with it; the exit status."""
    here = sound_policy_here()
    [path] = mapping_paths(() if options.path is None else (options.path,))
    if not is_revision(path):
        tell_shadows([os.path.join(path, "mapping.yaml") if os.path.isdir(path) else path], options.schemas)
    if options.against is not None:
        return _compare(options, path)
    folder, only = (path, "") if is_revision(path) or os.path.isdir(path) else os.path.split(path)
    with raised():
        catalog = make_catalog(folder or ".", schemas=options.schemas, jobs=options.jobs, only=only)
    if not (catalog.mappings or catalog.bases or catalog.broken):
        tell(SafeText("there is no mapping in {}", SafeText.known(visible(path))))
        return _ERROR
    if options.check:
        return _check(catalog, options, here)
    _tell_broken([(one.file, one.errors) for one in catalog.broken])
    _write(_shown(catalog, options, path))
    return int(bool(catalog.broken))


def _query(options: CatalogOptions) -> CatalogQuery:
    return CatalogQuery(options.reads, options.sends, options.uses, options.owners)


def _shown(catalog: Catalog, options: CatalogOptions, path: str) -> str:
    """The answer in the format that is asked for."""
    if options.unread:
        told = [one for one in catalog.sources if one.unread]
        return (
            to_json(catalog_json(catalog, path)["sources"]) if options.form == "json" else unread_text(told)
        )
    query = _query(options)
    _refuse_unknown(catalog, query)
    answer = query.answer(catalog)
    if options.form == "json":
        return to_json(catalog_json(answer, path))
    if options.form == "csv":
        return catalog_csv(answer)
    if options.form == "html":
        from mapper.cli.report.catalog_page import catalog_page

        return catalog_page(answer, path, datetime.now(UTC).date())
    if query.is_empty:
        return summary_text(catalog)
    if not answer.mappings:
        tell(SafeText("no rule of the {:,} mappings does", len(catalog.mappings)))
    return rules_text(answer)


def _refuse_unknown(catalog: Catalog, query: CatalogQuery) -> None:
    """Raise UsageError for an unknown team or field; say so of an attribute that no source has."""
    _refuse_unknown_names(catalog.owners, catalog.fields, query)
    known = {".".join(path) for one in catalog.mappings for path in one.attributes}
    known |= {read.name for one in catalog.mappings for rule in one.rules for read in rule.reads}
    for attribute in query.reads:
        plain = attribute.replace("[]", "")
        if not any(f"{one}.".startswith(f"{plain}.") for one in known):
            near = closest(plain, known)
            told = f"{attribute}; did you mean {near}?" if near else attribute
            tell(SafeText("no source has an attribute {}", SafeText.known(visible(told))))


def _refuse_unknown_names(owners: tuple[str, ...], fields: frozenset[str], query: CatalogQuery) -> None:
    """Raise UsageError for a team that owns nothing, and for a field that no target of the mappings has."""
    for owner in query.owners:
        if owner not in owners:
            message = f"--owner {owner}: no mapping is of this team{_hint(owner, owners)}"
            raise click.UsageError(message)
    for asked in query.sends if fields else ():
        if not any(is_field_of(path, asked) for path in fields):
            names = fields if "." in asked else {path.rpartition(".")[2] for path in fields}
            message = f"--sends {asked}: no target has this field{_hint(asked, names)}"
            raise click.UsageError(message)


def _hint(name: str, known: Collection[str]) -> str:
    near = closest(name, known)
    return f"; did you mean {near}?" if near else ""


def _check(catalog: Catalog, options: CatalogOptions, here: PolicyHere) -> int:
    """Report what is wrong with the mappings together; the exit status."""
    from mapper.workbench.catalog_findings import catalog_findings

    files = tuple(shown(Path(catalog.root, one.file)) for one in catalog.everything)
    checked = here.judge(CheckResult(files, catalog_findings(catalog)), "catalog")
    _write(report(options.form, checked, colour=may_colour(sys.stdout)))
    _tell_broken([(one.file, one.errors) for one in catalog.broken])
    if not is_quiet():
        click.echo(closing_count(checked.counted, checked.found), err=True)
        if options.form == "text":
            click.echo(pointer(checked.found), err=True, nl=False)
    return int(bool(catalog.broken) or any(one.severity == "error" for one in checked.found))


def _compare(options: CatalogOptions, path: str) -> int:
    """Report what differs from another version; the exit status."""
    from mapper.workbench.catalog_difference import compare_catalogs

    assert options.against is not None
    with raised():
        found = compare_catalogs(
            options.against, path, _query(options), schemas=options.schemas, jobs=options.jobs
        )
    _tell_broken([(one.file, one.errors) for one in found.broken])
    _refuse_unknown_names(found.owners, found.fields, _query(options))
    _write(_difference(found, options, path))
    return int(bool(found.broken) or not found.is_same)


def _difference(found: CatalogDifference, options: CatalogOptions, path: str) -> str:
    if options.form == "json":
        return to_json({"old": options.against, "new": path, **difference_json(found)})
    return difference_text(found)


def _tell_broken(broken: list[tuple[str, tuple[str, ...]]]) -> None:
    """Name the mappings with errors on stderr."""
    for file, errors in broken:
        more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
        words = (SafeText.known(visible(one)) for one in (file, f"{errors[0]}{more}"))
        tell(SafeText("{} is left out, since it has errors: {}", *words))


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
