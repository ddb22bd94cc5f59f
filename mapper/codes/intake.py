"""M7xx: `intake.yaml`, which says who may post events and how they are checked."""

from mapper.codes.code import DiagnosticCode

INTAKE: dict[str, DiagnosticCode] = {
    "M701": DiagnosticCode(
        "error",
        "unknown key in an intake",
        "A key that the language does not have would be ignored in silence: a check of requests that is "
        "misspelt would not take place.",
        "Use the key in the hint; `docs/intake.md` lists all keys.",
    ),
    "M702": DiagnosticCode(
        "error",
        "missing key in an intake",
        "Without it the entry does not say what to check, or what to do with the events.",
        "Add the key in the hint. A known `sender` fills in the keys of its own.",
    ),
    "M703": DiagnosticCode(
        "error",
        "value of the wrong kind in an intake",
        "A key takes a string, a number, a list or a table, and another of these is written.",
        "Write it as in the hint.",
    ),
    "M704": DiagnosticCode(
        "error",
        "unknown word in an intake",
        "Only a few words are allowed here, such as the algorithms of signatures and the senders "
        "that are known.",
        "Use the word in the hint. For a sender that is not known, write its `sign` or `token` out.",
    ),
    "M705": DiagnosticCode(
        "error",
        "value in the wrong form in an intake",
        "A size, duration, rate, path, origin, or the name of a header is written in a way that "
        "can be read in "
        "several ways or in none.",
        "Write it as in the hint, with its unit.",
    ),
    "M706": DiagnosticCode(
        "error",
        "secret in the file",
        "A file is copied, committed and shown. A secret in it is known to everyone who reads "
        "the file, and must be replaced.",
        "Put the secret into an environment variable, write `$NAME`, and make a new secret in the sender's "
        "settings if the file was ever shared.",
    ),
    "M707": DiagnosticCode(
        "error",
        "path that cannot be served",
        "Senders post to the path as it is. Some belong to the server itself, some are no paths, "
        "and of two that "
        "are alike only one can be meant.",
        "Use letters, digits and `-._~` between slashes, each path once.",
    ),
    "M708": DiagnosticCode(
        "error",
        "entry that checks nothing",
        "Anyone who finds the URL could send events, and campaigns are steered by their numbers.",
        "Name the `sender`, or write `sign`, `token` or `jwt`. For pages, which hold no secret, "
        "write `cors` and "
        "`rate`.",
    ),
    "M709": DiagnosticCode(
        "error",
        "keys that do not go together",
        "One key of the entry takes the sense of another away, or needs one that is not there.",
        "Follow the hint: remove one of the two, or add what is missing.",
    ),
    "M710": DiagnosticCode(
        "warning",
        "part of `$meta` that this entry never has",
        "The mapping reads it, and it is absent from every request of this entry: the address and "
        "browser of a "
        "server's request are the server's own, and headers, cookies and query parameters are kept "
        "only where "
        "the entry says so.",
        "Read the value from the event, or let the entry keep it.",
    ),
    "M711": DiagnosticCode(
        "error",
        "mapping that an entry cannot use",
        "The file does not exist, or sends nothing on its own, so that no event of the entry could be sent.",
        "Name a mapping file, relative to the intake.",
    ),
    "M712": DiagnosticCode(
        "warning",
        "header that is nearly one of a known sender",
        "A header of a known sender is almost the same. If it is misspelt, every request is refused.",
        "Use the header in the hint, or name the `sender` and leave the header out.",
    ),
}
