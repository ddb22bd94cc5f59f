"""M9xx: advice."""

from mapper.codes.code import Code

ADVICE: dict[str, Code] = {
    "M901": Code(
        "advice",
        "event name of one's own",
        "An event with a name of one's own counts in reports only once it is mapped to a standard event.",
        "Use a standard name where one fits.",
    ),
}
