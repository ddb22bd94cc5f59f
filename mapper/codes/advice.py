"""M9xx: advice."""

from mapper.codes.code import Code

ADVICE: dict[str, Code] = {
    "M901": Code(
        "advice",
        "event name of one's own",
        "An event with a name of one's own counts in reports only once it is mapped to a standard event.",
        "Use a standard name where one fits.",
    ),
    "M902": Code(
        "advice",
        "fields that an event of its kind should have",
        "The destination takes the event without them, and can do less with it.",
        "Add rules for them to the section, where the source has the values.",
    ),
    "M903": Code(
        "advice",
        "fields that such events should have",
        "The destination takes the event without them, and matches fewer of such events with a customer.",
        "Add rules for them to the common `payload`, where the source has the values.",
    ),
    "M904": Code(
        "advice",
        "half of an identity",
        "The destination counts such fields only together, so one of them alone identifies nobody.",
        "Add a rule for the field that the message names, or take this one away.",
    ),
    "M905": Code(
        "advice",
        "required value that only the host knows",
        "`$meta` is what the host knows of a live request. A replayed event, or one from a file, may have "
        "none of it and is then rejected.",
        "Read the value from the event first, and from `$meta` where it has none.",
    ),
    "M906": Code(
        "advice",
        "strip that leaves nobody",
        "The destination takes no event that identifies nobody, so one without consent is skipped, however "
        "little is stripped else.",
        "Write `when_denied: skip`, which says so; or strip only what must go, path by path.",
    ),
}
