"""The codes M9xx: advice."""

from mapper.codes.code import DiagnosticCode

ADVICE: dict[str, DiagnosticCode] = {
    "M901": DiagnosticCode(
        "advice",
        "custom event name",
        "A custom event counts in reports only once it is mapped to a standard event.",
        "Use a standard name where one fits.",
    ),
    "M902": DiagnosticCode(
        "advice",
        "recommended fields of this event have no rule",
        "The destination accepts the event without them, but can do less with it.",
        "Add rules for them to the section, if the source has the values.",
    ),
    "M903": DiagnosticCode(
        "advice",
        "recommended fields have no rule",
        "The destination accepts the events without them, but matches fewer of them with a customer.",
        "Add rules for them to the common `payload`, if the source has the values.",
    ),
    "M904": DiagnosticCode(
        "advice",
        "incomplete identity",
        "The destination uses these fields only together, so one of them alone does not identify anyone.",
        "Add a rule for the field that the message names, or remove this one.",
    ),
    "M905": DiagnosticCode(
        "advice",
        "required value that only `$meta` provides",
        "`$meta` is what the host knows about a live request. A replayed event, or one from a file, may "
        "have none of it and is then rejected.",
        "Read the value from the event first, and from `$meta` as the fallback.",
    ),
    "M906": DiagnosticCode(
        "advice",
        "`strip` that removes every identifier",
        "The destination refuses events that do not identify anyone, so an event without consent is "
        "skipped, however little else is stripped.",
        "Write `when_denied: skip`, which says so; or strip only the paths that must go.",
    ),
    "M907": DiagnosticCode(
        "advice",
        "phone number without its country",
        "A number in its national form is hashed without a country code, so it matches no person. A number "
        "that begins with `+` is not changed by the country.",
        "Give the transform the country: `phone(customer.phone, customer.country)`.",
    ),
    "M908": DiagnosticCode(
        "advice",
        "rule of another extended file than before",
        "Until version 0.1 a file that several parents extend could override these parents. Now a file "
        "always has priority over those that it extends, so this mapping sends other values than it did. "
        "This advice is given for one minor version.",
        "Check the named rules. To keep a value as it was, write the rule in this mapping.",
    ),
    "M909": DiagnosticCode(
        "advice",
        "one of several objects, of which only attributes are read",
        "`from` takes the first object that is present, as a whole. If it is there with one attribute, all "
        "others are missing, also where the next object has them.",
        "Write `across`, or alternatives for each attribute. `from` is right where the attributes belong "
        "together, like those of an address.",
    ),
}
