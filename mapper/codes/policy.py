"""M4xx: personal values, digests, identity, and rules that never act."""

from mapper.codes.code import Code

POLICY: dict[str, Code] = {
    "M401": Code(
        "error",
        "personal value in clear",
        "The destination asks for digests of personal values; one in any other field is readable.",
        "Send another attribute, or write `personal: allowed` in the rule where it is meant.",
    ),
    "M402": Code(
        "error",
        "digest of what must stay plain",
        "The destination compares this value as it is, so a digest of it matches nobody.",
        "Take the step `sha256` away; the field is sent as it is.",
    ),
    "M403": Code(
        "warning",
        "hashed twice",
        "A digest is kept as it is and never hashed again, so the second step does nothing.",
        "Take one of the two steps away.",
    ),
    "M404": Code(
        "error",
        "hashed before it was cleaned",
        "Two systems match only if both hash the same text; capitals or spaces make another digest.",
        "Take `sha256` away, since the field hashes by itself; or put the steps of the message before it.",
    ),
    "M410": Code(
        "warning",
        "section that takes nothing",
        "An earlier section takes these events, so this one never acts for them.",
        "Take the value away from one of the two sections, or put the narrower one first.",
    ),
    "M411": Code(
        "warning",
        "alternative that is never tried",
        "The alternative before it always has a value.",
        "Put it before the other one, or take it away.",
    ),
    "M412": Code(
        "warning",
        "default that never acts",
        "A default stands in for an absent value, and this value is never absent.",
        "Take the default away.",
    ),
    "M413": Code(
        "warning",
        "let that nothing reads",
        "It does nothing; most often its name is misspelt where it should be read.",
        "Read it as `$name`, or take it away.",
    ),
    "M420": Code(
        "error",
        "constant where each event needs its own value",
        "Events with one id are counted once, and an event without its own time is counted at the wrong one.",
        "Read the value from the event. `fingerprint(@)` gives a stable id to events that have none, "
        "and `$meta.received_at` is the time at which one was accepted, where the host keeps it.",
    ),
    "M421": Code(
        "warning",
        "id that all parts of an event share",
        "The destination counts events of one name and id once, so all but one part of each are lost.",
        "Read the id from the part, or put its place beside it: `fingerprint([$whole.id, $index])`.",
    ),
    "M430": Code(
        "warning",
        "amount in small units",
        "Sent as whole units, an amount in cents counts a hundred times what it is.",
        "Divide it, or make whole units of it with `minor_units`, which knows each currency.",
    ),
    "M431": Code(
        "warning",
        "length of time for a moment",
        "A length of time reads as a moment in 1970, so the event would be refused.",
        "Read the attribute that says when the event happened.",
    ),
    "M432": Code(
        "warning",
        "section or skip rule that never acts",
        "Its condition never holds, or an earlier one takes every event that it is meant for.",
        "Put it before the one that takes its events, mend its condition, or take it away.",
    ),
    "M433": Code(
        "warning",
        "value of `is` that no event has",
        "`is` compares with the value of `match` as it stands there, so a value that `match` never gives "
        "takes no event.",
        "Write the value as `match` gives it.",
    ),
    "M434": Code(
        "warning",
        "strip that does nothing",
        "The field is taken away by another path already, or `set` gives it a value all the same.",
        "Take the path away.",
    ),
    "M435": Code(
        "warning",
        "`when_missing` that never acts",
        "With a default or a constant an answer is never missing, so what should happen then never does.",
        "Take the default away: `when_missing` says what a missing answer means.",
    ),
    "M436": Code(
        "warning",
        "`personal: allowed` without need",
        "An allowance without need stays when the rule changes, and then lets a personal value through.",
        "Take it away; or let the warning stand where the guard of `send` stops what is meant to be sent.",
    ),
    "M437": Code(
        "warning",
        "field without one that it needs",
        "The destination reads the two fields together, so the one is left out where the other is missing.",
        "Add a rule for the field that the message names, or take this one away.",
    ),
    "M438": Code(
        "warning",
        "common rule that never acts",
        "Every section that sends has a rule of its own in its place, so whatever stands here is not read.",
        "Take it away; or take the rules of the sections away, where this one says the same.",
    ),
    "M439": Code(
        "warning",
        "attribute that is personal by its name",
        "The field is sent unhashed, so whoever reads the payload reads the value. Only the name says what "
        "the value is; a source schema knows it for certain (`x-personal`).",
        "Send another attribute. Write `personal: allowed` in the rule if the value is not a person's.",
    ),
    "M440": Code(
        "warning",
        "object that is never sent",
        "Constants and defaults alone make no object: without a value of the event there is nothing to say.",
        "Add a field whose value is read from the event, or take the object away.",
    ),
}
