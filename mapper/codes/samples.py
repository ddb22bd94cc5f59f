"""M6xx: what sample events tell. They are evidence, not proof: what they tell is a warning or advice."""

from mapper.codes.code import DiagnosticCode

SAMPLES: dict[str, DiagnosticCode] = {
    "M601": DiagnosticCode(
        "error",
        "samples that cannot be read",
        "Without its samples the mapping is not checked against any event, and nothing else says so. Only "
        "`mapper check` reads them; other commands ignore them.",
        "Correct the path; or remove `samples`.",
    ),
    "M602": DiagnosticCode(
        "warning",
        "samples that are not all read",
        "The mapping is not checked against samples that are not read.",
        "Correct or remove the lines that cannot be read: `mapper run --rejects` names them. Where there "
        "are too many samples, name a part of them with events of each kind.",
    ),
    "M603": DiagnosticCode(
        "warning",
        "rule that does not fit the samples",
        "No sample has a value of the type that is needed here, so the result is the same for all of them: "
        "nothing, or false. Another event may have one, so this is a warning and not an error.",
        "Write what the hint says, or read another attribute.",
    ),
    "M604": DiagnosticCode(
        "warning",
        "attribute that no sample has",
        "An attribute that is not there is null, without any message.",
        "Correct the name; or add a sample that has the attribute.",
    ),
    "M605": DiagnosticCode(
        "warning",
        "constant that the samples write in another way",
        'Values are compared exactly: `1` is not `"1"`, and `Order` is not `order`.',
        "Write the constant as the source does.",
    ),
    "M606": DiagnosticCode(
        "advice",
        "values that the mapping and the samples do not share",
        "A constant that no event has is most likely misspelt; a value without a section, or without an "
        "entry in a table, is not sent.",
        "Check how the source writes the values; add the missing ones.",
    ),
    "M607": DiagnosticCode(
        "warning",
        "sample values that the field cannot read",
        "Values that are not in the normal form of the field, and cannot be brought into it, are left out.",
        "Say under `apply` how they are written, or read another attribute.",
    ),
    "M608": DiagnosticCode(
        "warning",
        "amount that the samples show in another unit",
        "An amount in cents is reported as 100 times of what was paid, and one that is divided without need "
        "as a hundredth. The samples show it: other amounts of the same event add up to a hundredth of the "
        "first, and the second has decimals.",
        "Convert an amount in minor units with `minor_units`, which knows those of each currency; send one "
        "in whole units as it is.",
    ),
    "M609": DiagnosticCode(
        "advice",
        "signal that few samples have",
        "Events are scored by the signals that they carry, and matched with customers by them.",
        "Add alternatives under `from`, if the value is also elsewhere in the events.",
    ),
    "M610": DiagnosticCode(
        "warning",
        "required field that samples leave empty",
        "An event without a value for a required field is rejected and not sent.",
        "Add alternatives under `from`, if the value is also elsewhere in the events; or skip such events "
        "with a `skip` rule.",
    ),
    "M611": DiagnosticCode(
        "warning",
        "split that leaves out samples without its list",
        "An event without the list that is split gives no events, so it is skipped.",
        "Add `|| [@]`, which makes an event without the list the only part; or ``|| `[]` `` to leave such "
        "events out on purpose.",
    ),
}
