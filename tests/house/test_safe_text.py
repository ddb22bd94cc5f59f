"""What is printed and kept unattended is built of constants, counts, names and places: read in the source."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator

import pytest

from mapper.values.safe_text import Hidden, SafeText
from mapper.values.types import Invalid
from tests.house.sources import FILES, nodes

pytestmark = pytest.mark.quick

# Where a text is called known before any event, why it is, and which texts.
_KNOWN: dict[str, tuple[str, set[str]]] = {
    "mapper/cli/__init__.py": ("what is wrong with the words of a call", {"error.format_message()"}),
    "mapper/cli/catalog_call.py": (
        "names of files and of attributes, and what is wrong with a mapping, before any event",
        {"visible(told)", "visible(one)", "visible(path)"},
    ),
    "mapper/cli/changed_since.py": ("the name of a version, and counts", {"visible(names)"}),
    "mapper/cli/command.py": ("names of schemas and their files", {"visible(file)", "name"}),
    "mapper/cli/deliver_call.py": (
        "what is wrong with the set-up, as our own words or the service's safe ones; the outbox",
        {"text", "job.outbox.name", "named"},
    ),
    "mapper/cli/delivery_summary.py": (
        "names of the service and host, places, hints, an address without the account",
        {"delivery.service", "outbox", "reason.first", "stand_in", "url"},
    ),
    "mapper/delivering.py": ("target paths", {"path"}),
    "mapper/engines/outbox_writer.py": ("reasons of rejections, out of safe ones", {"row.why or ''"}),
    "mapper/cli/lsp.py": ("what to install", {"missing_extra('`mapper lsp`', 'lsp')"}),
    "mapper/cli/log.py": (
        "names of a destination and an account; what is wrong with a mapping, at its place",
        {"str(account)", "one.code", "f'{one.span.place}: {one.code}: {one.message}'"},
    ),
    "mapper/cli/metrics_page.py": ("the address of the page", {"url"}),
    "mapper/cli/metrics_file.py": ("the name of the file of metrics", {"self.path"}),
    "mapper/cli/progress_line.py": ("the version of this program", {"__version__"}),
    "mapper/cli/outbox_file.py": (
        "what is wrong with an outbox, and the name of its folder",
        {"str(error)", "error.hint", "visible(str(path.parent))"},
    ),
    "mapper/cli/outbox_find.py": ("names of destinations, and times", {"one", "moment(search.since)"}),
    "mapper/cli/outbox_retry.py": ("names of destinations and accounts", {"str(one)"}),
    "mapper/cli/overlap_call.py": (
        "names of files, names and limits of the call, shares, and reasons that are made of such",
        {
            *("f'{percent:g} %'", "tenths(one.other_id, one.tag)", "visible(feed_name(events))"),
            *("visible(name)", "why"),
        },
    ),
    "mapper/workbench/overlap/record.py": (
        "names of fields of a target",
        {"self.words.name", "self.words.time.field"},
    ),
    "mapper/workbench/overlap/sides.py": (
        "the first and the last time of a file of events",
        {
            "datetime.fromtimestamp(time, UTC).date().isoformat()",
            "moment(time)",
        },
    ),
    "mapper/cli/output.py": ("names of files", {"visible(partial)", "visible(path)"}),
    "mapper/cli/eval_call.py": ("the name of the file of events", {"visible(feed_name(options.events))"}),
    "mapper/cli/run_end.py": ("the name of the file of events", {"visible(feed_name(events))"}),
    "mapper/cli/sample_option.py": ("the name of the file of events", {"visible(feed_name(events))"}),
    "mapper/cli/received_at.py": ("the time that a run is given", {"received.text"}),
    "mapper/cli/diff_call.py": (
        "names of versions and their schemas",
        {"name", "visible(version.named)"},
    ),
    "mapper/cli/diff_folders_call.py": (
        "names of versions, and of their schemas and folders",
        {"name", "visible(version)", "visible(options.new or options.old)"},
    ),
    "mapper/texts/file_replacement.py": ("names of mapping files", {"f'{path}: {error}'"}),
    "mapper/cli/sandbox.py": ("the service's name", {"destination.service"}),
    "mapper/cli/schema_call.py": (
        "what is wrong with a schema, before any event",
        {"f'{name}: {error}'", "str(error)"},
    ),
    "mapper/cli/schema_from_call.py": (
        "names and places in a description, and what is wrong with it, before any event",
        {"visible(line)", "visible(named)", "visible(one)", "visible(shlex.quote(file))"},
    ),
    "mapper/cli/init_call.py": (
        "names of files that are written, and of ready mappings",
        {"name", "visible(str(file))", "visible(str(found))", "visible(line)"},
    ),
    "mapper/repository/policy_file.py": ("the file's name", {"str(file)"}),
    "mapper/cli/fmt_call.py": (
        "names of files, why they cannot be read or are left, and counts",
        {"', '.join(parts)", "visible(f'{text.name} is left as it is: {error}')", "visible(why)"},
    ),
    "mapper/running/feed_start.py": ("a file's name", {"path"}),
    "mapper/cli/recipient.py": ("what is wrong with the set-up", {"failure.message", "failure.hint"}),
    "mapper/cli/consume_call.py": (
        "names of an outbox, a topic and a group, and what is wrong with the set-up",
        {"call.outbox.name", "failure.hint", "failure.message", "source.group", "source.topic"},
    ),
    "mapper/consuming/client.py": ("names of errors of Kafka", {"name"}),
    "mapper/consuming/consumption.py": ("the name of a topic", {"self.source.topic"}),
    "mapper/consuming/failures.py": ("addresses of brokers", {"brokers"}),
    "mapper/cli/send_call.py": (
        "what is wrong with an outbox; names of files",
        {"sending.source.given.events", "str(error)"},
    ),
    "mapper/cli/run_summary.py": (
        "names that the mapping holds, or was asked for; paths and places",
        {
            "answer",
            "path",
            "place.rpartition(':')[0]",
            "visible(name)",
            "visible(one.path)",
            "visible(places[0])",
            "visible(why)",
        },
    ),
    "mapper/cli/messages.py": (
        "the system's words, names of files, classes and places in the code",
        {
            "' < '.join(reversed(frames[-_MOST_FRAMES:]))",
            "os.strerror(error.errno)",
            "type(error).__name__",
            "visible(os.fsdecode(error.filename))",
        },
    ),
    "mapper/compiler/plan/constants.py": (
        "of constants of a mapping, before any event",
        {"child.name", "f'has no field `{name}`{hint}'"},
    ),
    "mapper/delivery/answer.py": (
        "the destination's name, and what its schema says of a status",
        {"self.destination.service", "rule.says or heard.told"},
    ),
    "mapper/delivery/batch.py": (
        "names of the destination and its field",
        {"destination.service", "destination.time.described", "destination.time.field"},
    ),
    "mapper/delivery/couriers.py": (
        "what is wrong with the set-up or an outbox",
        {"failure.message"},
    ),
    "mapper/delivery/delivery.py": ("what to do about the set-up", {"halted.failure.hint"}),
    "mapper/delivery/outbox/postgres_letters.py": ("a reason that is safe", {"text_of(one.reason)"}),
    "mapper/delivery/outbox/outbox_tables.py": ("a reason that was safe when it was kept", {"reason"}),
    "mapper/delivery/quotation.py": (
        "the service's words, less all that was sent or looks personal",
        {"kept"},
    ),
    "mapper/cli/test_call.py": (
        "names of files, why they cannot be read, counts, and what was asked for",
        {
            "f'{counts_line(report)}\\n'",
            "f'{covered.percent:.1f}'",
            "f'{threshold:g}'",
            "file.name",
            "number_of(file.tests, 'test')",
            "one",
            "options.match",
            "why",
        },
    ),
    "mapper/delivery/sender.py": ("the destination's name", {"self.destination.service"}),
    "mapper/delivery/transport.py": (
        "a host, and how long was waited",
        {"urlsplit(to.url).hostname or ''"},
    ),
    "mapper/feeds/csv_rows.py": ("names of delimiters", {"several"}),
    "mapper/guarded_program.py": ("the guard's reasons, which are constants of its own", {"found.reason"}),
    "mapper/intake/slices.py": ("names of a path in the intake's own file", {"step.name"}),
    "mapper/running/rotation.py": ("names of files", {"', '.join(later)"}),
    "mapper/project/project.py": ("a mapping file's name", {"str(path)"}),
    "mapper/runtime/limits.py": (
        "what the target's schema says of a field",
        {"' or '.join(kinds)", "pattern", "str(limit)", "words"},
    ),
    "mapper/runtime/decode.py": ("the parser's words, which hold no part of the text", {"what[:at.start()]"}),
    "mapper/runtime/foreign.py": (
        "the class of a host's value, and the place of it, in names and numbers",
        {"type(value).__name__", "written.removeprefix('.')"},
    ),
    "mapper/runtime/frame.py": (
        "paths, and texts of the mapping, as generated code has them",
        {"message", "needed", "reason", "text"},
    ),
    "mapper/runtime/functions.py": ("names of functions, and what they take", {"name", "part", "what"}),
    "mapper/runtime/operators.py": (
        "names of functions and operators, and kinds of JSON",
        {"_WORDS[kind_of(value)]", "takes", "who"},
    ),
    "mapper/runtime/program.py": ("names of Python classes", {"foreign", "type(error).__name__"}),
    "mapper/cli/stats_call.py": (
        "a path of the mapping, a name of events that may be shown, a number, the name of a feed",
        {"f'{one:.1f} %'", "visible(feed_name(options.events))", "visible(share.name)"},
    ),
    "mapper/runtime/known_forms/outcomes.py": (
        "texts of the mapping, and what transforms note",
        {"reason", "note"},
    ),
    "mapper/runtime/object_operations.py": ("names of the target's fields", {"name", "words"}),
    "mapper/running/counts.py": (
        "names that the mapping holds, or was asked for; kinds; a reason cut short",
        {"name", "reason.partition(', at byte')[0]", "skip.kind"},
    ),
    "mapper/running/parcels.py": ("target paths", {"one.path"}),
    "mapper/running/event_tally.py": ("the three kinds of skips", {"skip.kind"}),
    "mapper/cli/suppression_lists.py": ("names of targets", {"target"}),
    "mapper/suppression/building.py": (
        "names of the target's fields, and what transforms note",
        {"', '.join(columns.names)", "self.note"},
    ),
    "mapper/cli/person_source.py": ("names of columns, none of which is a value", {"', '.join(some)"}),
    "mapper/suppression/listing.py": ("a file's name", {"path"}),
    "mapper/texts/named_text.py": ("a mapping file's name", {"name"}),
    "mapper/feeds/__init__.py": ("the name of an extra", {"missing_extra('Parquet', 'arrow')"}),
    "mapper/cli/serve_entries.py": (
        "paths of the intake's own file, files, what is wrong with one or with the set-up, and the outbox",
        {"outbox", "paths", "options.intake", "file", "found.message", "unfit.message", "str(error.args[0])"},
    ),
    "mapper/serving/generations.py": (
        "a path of the intake's own file, the name and version of a mapping, a failure of an outbox",
        {
            "path.entry.path",
            "before[name].entry.path",
            "path.setup.mapping",
            "path.ledger.version",
            "str(error)",
        },
    ),
    "mapper/serving/application.py": (
        "a path of the intake's own file or of a page, an end, the class of an error, a failure of an outbox",
        {"trouble_text(error)", "end", "path", "type(error).__name__"},
    ),
    "mapper/delivery/outbox/postgres_link.py": ("what is wrong with a server", {"str(trouble)"}),
    "mapper/delivery/death_notices.py": ("the kind of a receipt", {"kind"}),
    "mapper/serving/mapping_processes.py": ("the class of an error", {"answer"}),
    "mapper/serving/server_delivery.py": ("what is wrong with an outbox", {"str(error)"}),
    "mapper/serving/serving_process.py": (
        "what is wrong with an outbox",
        {"str(error)"},
    ),
    "mapper/serving/loop_errors.py": (
        "the class of an error",
        {"type(error).__name__ if error is not None else 'no exception'"},
    ),
    "mapper/transforms/date_format.py": ("the directives that there are", {"' '.join(DIRECTIVES)"}),
    "mapper/transforms/patterns.py": ("of a pattern, which is a constant of a mapping", {"reason"}),
    "mapper/transforms/person.py": ("what a transform calls its value", {"what"}),
    "mapper/transforms/web.py": ("what a transform calls its value", {"what"}),
    "mapper/workbench/segment.py": ("the name of a schema", {"target"}),
    "mapper/repository/git_tree.py": (
        "names of versions and files in git, and git's own words",
        {"text.format(*(_LINE_END.sub(' ', name) for name in names))"},
    ),
    "mapper/values/types.py": ("the seven kinds of JSON", {"kind_of(value)"}),
}
# Names of texts that are put together elsewhere in the same function, of constants only.
_NOTE_TEXTS = {
    ("mapper/runtime/doubts.py", "why"),
    # The names of a parameter and its transform, which generated code holds as a constant.
    ("mapper/runtime/doubts.py", "f'{name} is invalid, and counts as absent'"),
    ("mapper/transforms/phone.py", "note"),
}
# An Invalid makes its own reason one; a table of safe texts; words of a summary, see below.
_TAKEN = {
    ("mapper/values/types.py", "reason"),
    ("mapper/feeds/csv_rows.py", "reason"),
    ("mapper/cli/run_summary.py", "noun"),
    ("mapper/cli/run_summary.py", "title"),
}


def _calls(file: str, *names: str) -> Iterator[ast.Call]:
    """The calls of functions by name, also as an attribute."""
    for node in nodes(file):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in names:
                yield node


def _constants(file: str) -> dict[str, list[ast.expr]]:
    """What each name of a file is set to, wherever that is."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes(file):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


def _checked(file: str) -> set[tuple[str, str]]:
    """The parameters of a file that are declared as safe texts, which mypy holds their callers to."""
    found = {(one.arg, one.annotation) for one in nodes(file) if isinstance(one, ast.arg)}
    safe = {(file, name) for name, kind in found if kind is not None and ast.unparse(kind) == "SafeText"}
    return safe | _TAKEN


def _is_constant(node: ast.expr, names: dict[str, list[ast.expr]]) -> bool:
    """Whether an expression gives a text that stands in the source."""
    if isinstance(node, ast.IfExp):
        return _is_constant(node.body, names) and _is_constant(node.orelse, names)
    if isinstance(node, ast.Name):
        return node.id in names and all(_is_constant(one, {}) for one in names[node.id])
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_safe(node: ast.expr, names: dict[str, list[ast.expr]]) -> bool:
    """Whether an expression gives a constant text, or one that is safe already: mypy says that it is."""
    if isinstance(node, ast.Call):
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        return name in ("SafeText", "known", "isinstance")
    if isinstance(node, ast.Attribute):
        return node.attr in ("reason", "message")
    if isinstance(node, ast.Name) and node.id in names:
        return all(_is_safe(one, {}) for one in names[node.id])
    return _is_constant(node, names)


def test_every_message_is_a_constant_text_with_counts_names_and_places_in_it() -> None:
    wrong = []
    for file in (file for file in FILES if file != "mapper/values/safe_text.py"):
        names, checked = _constants(file), _checked(file)
        for call in _calls(file, "SafeText"):
            if not _is_constant(call.args[0], names) and (file, ast.unparse(call.args[0])) not in _TAKEN:
                wrong.append(f"{file}:{call.lineno}: SafeText({ast.unparse(call.args[0])})")
        for call in _calls(file, "Invalid"):
            reason = call.args[0]
            if not _is_safe(reason, names) and (file, ast.unparse(reason)) not in checked:
                wrong.append(f"{file}:{call.lineno}: Invalid({ast.unparse(reason)})")
    assert wrong == []


def test_what_a_transform_notes_is_a_constant() -> None:
    wrong = []
    for file in FILES:
        names = _constants(file)
        for call in _calls(file, "append"):
            holder = call.func.value if isinstance(call.func, ast.Attribute) else None
            if isinstance(holder, ast.Name) and holder.id == "note_texts":
                text = call.args[0]
                is_imported = isinstance(text, ast.Name) and text.id.isupper()
                if not (is_imported or _is_constant(text, names) or (file, ast.unparse(text)) in _NOTE_TEXTS):
                    wrong.append(f"{file}:{call.lineno}: {ast.unparse(call)}")
    assert wrong == []


def test_what_is_called_known_is_known_and_why_it_is() -> None:
    found = {
        file: {ast.unparse(call.args[0]) for call in _calls(file, "known") if _is_ours(call)}
        for file in FILES
    }
    assert {file: texts for file, texts in found.items() if texts} == {
        file: texts for file, (_, texts) in _KNOWN.items()
    }


def _is_ours(call: ast.Call) -> bool:
    return ast.unparse(call.func) == "SafeText.known"


# Commands for authors say there what a mapping says; `messages.py` takes safe texts, progress has numbers.
_SAY = {
    f"mapper/cli/{name}.py"
    for name in (
        "catalog_call",
        "check_call",
        "fix",
        "schema_call",
        "program_argument",
        "explain_call",
        "messages",
        "feed",
        "log",
    )
}


def test_nothing_is_printed_on_stderr_but_safe_texts() -> None:
    others = [file for file in FILES if file not in _SAY]
    calls = [(file, call) for file in others for call in _calls(file, "echo", "print", "write")]
    wrong = [
        f"{file}:{call.lineno}: {text}"
        for file, call in calls
        if not (call.args and isinstance(call.args[0], ast.Constant))
        if "err=True" in (text := ast.unparse(call)) or "stderr" in text
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["number", "table"])
def test_words_of_a_summary_are_constants(name: str) -> None:
    place = {"number": 1, "table": 0}[name]
    for file in ("mapper/cli/run_summary.py", "mapper/cli/delivery_summary.py"):
        for call in _calls(file, name):
            assert isinstance(call.args[place], ast.Constant)


def test_a_message_gets_its_hint_in_one_place() -> None:
    """How a hint stands below a message is said once for all commands."""
    assert [
        file
        for file in FILES
        if file.startswith("mapper/cli/")
        and any(
            isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n  hint: " in node.value
            for node in nodes(file)
        )
    ] == ["mapper/cli/messages.py"]


def test_a_safe_text_takes_counts_and_safe_texts_and_nothing_else() -> None:
    made = SafeText("{} has {:,} {}", SafeText.known("em"), 1200, SafeText("elements"))
    assert made == "em has 1,200 elements"
    assert SafeText("braces {stay} where nothing is put in") == "braces {stay} where nothing is put in"
    for value in ("ada@example.com", 1.5, True, None, b"x", ["x"], Hidden("x")):
        with pytest.raises(TypeError):
            SafeText("{}", value)  # type: ignore[arg-type]
    assert type(pickle.loads(pickle.dumps(made))) is SafeText
    assert pickle.loads(pickle.dumps(made)) == made


def test_an_invalid_has_a_safe_reason() -> None:
    assert type(Invalid("not a number").reason) is SafeText


def test_what_is_hidden_shows_itself_only_when_asked() -> None:
    name = Hidden("ada@example.com")
    for shown in (str(name), repr(name), f"{name}", f"{[name]}"):
        assert "ada" not in shown
    assert name.reveal() == "ada@example.com"
    assert name == Hidden("ada@example.com") != Hidden("")
