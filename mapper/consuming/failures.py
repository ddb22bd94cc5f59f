"""An error of Kafka's client -> a sentence without its own words, what to do, and a status to exit with."""

from __future__ import annotations

import re
from collections.abc import Collection

from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.setup_failure import SetupFailure
from mapper.values.safe_text import SafeText

_SETTING = re.compile(r"[a-z]+(?:\.[a-z]+)+")
_ASKED_FOR = frozenset({"sasl.username", "sasl.password", "ssl.ca.location", "ssl.key.location"})


class KafkaFailure(Exception):
    """An error that ends reading; nothing that was accepted is lost by it."""

    def __init__(self, failure: SetupFailure) -> None:
        super().__init__()
        self.failure = failure


# By the name of an error that ends reading: what it means for a topic and a group, what to do, the status.
_FINAL = {
    "_AUTHENTICATION": (
        "the brokers refuse the credentials",
        "check sasl.mechanisms, sasl.username and sasl.password",
        ExitStatus.NOT_ADMITTED,
    ),
    "SASL_AUTHENTICATION_FAILED": (
        "the brokers refuse the credentials",
        "check sasl.username and sasl.password",
        ExitStatus.NOT_ADMITTED,
    ),
    "UNSUPPORTED_SASL_MECHANISM": (
        "the brokers do not take this sasl.mechanisms",
        "ask who runs them which they take, e.g. PLAIN or SCRAM-SHA-512",
        ExitStatus.WRONG_SETUP,
    ),
    "_SSL": (
        "no TLS connection to the brokers: one side does not accept the other's certificate",
        "check security.protocol, ssl.ca.location and the port",
        ExitStatus.WRONG_SETUP,
    ),
    "TOPIC_AUTHORIZATION_FAILED": (
        "these credentials may not read the topic {topic}",
        "allow them Read and Describe on it",
        ExitStatus.NOT_ADMITTED,
    ),
    "GROUP_AUTHORIZATION_FAILED": (
        "these credentials may not use the group {group}",
        "allow them Read on it",
        ExitStatus.NOT_ADMITTED,
    ),
    "UNKNOWN_TOPIC_OR_PART": (
        "there is no topic {topic} on this cluster",
        "check --topic and --brokers",
        ExitStatus.WRONG_SETUP,
    ),
    "TOPIC_EXCEPTION": ("{topic} is no name of a topic", "check --topic", ExitStatus.WRONG_SETUP),
    "FENCED_INSTANCE_ID": (
        "another process has this --instance-id in the group {group}",
        "give each process an id of its own",
        ExitStatus.LOCKED,
    ),
    "INCONSISTENT_GROUP_PROTOCOL": (
        "other consumers of the group {group} share its partitions in another way",
        "give this program a group of its own",
        ExitStatus.WRONG_SETUP,
    ),
    "INVALID_SESSION_TIMEOUT": (
        "the brokers do not allow this session.timeout.ms",
        "choose one within their group.min and group.max.session.timeout.ms",
        ExitStatus.WRONG_SETUP,
    ),
    "UNSUPPORTED_FOR_MESSAGE_FORMAT": (
        "the topic {topic} is in a format that this client cannot read",
        "the brokers are older than Kafka 0.11",
        ExitStatus.WRONG_SETUP,
    ),
    "_UNSUPPORTED_FEATURE": (
        "the brokers are too old for this client",
        "Kafka 0.11 or newer is needed",
        ExitStatus.WRONG_SETUP,
    ),
}
# The client tries again by itself, and says so again and again.
_PASSING = frozenset(
    {"_TRANSPORT", "_RESOLVE", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "_WAIT_COORD", "_WAIT_CACHE"}
)


# One broker of several may say so while it restarts, and the others go on.
_OF_ONE_BROKER = frozenset({"_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "_SSL"})


def is_of_one_broker(name: str) -> bool:
    """Whether an error is about a connection, of which there are others."""
    return name in _OF_ONE_BROKER


def is_passing(name: str) -> bool:
    """Whether an error only says that brokers cannot be reached at the moment."""
    return name in _PASSING


def final_failure(name: str, topic: str, group: str) -> SetupFailure | None:
    """The failure that ends reading; None for an error that the client gets over."""
    found = _FINAL.get(name)
    if found is None:
        return None
    message, hint, status = found
    return SetupFailure(message.format(topic=topic, group=group), hint, status)


def fatal_failure(name: str) -> SetupFailure:
    """An error that the client cannot get over and that is in no table."""
    return SetupFailure(f"the Kafka client ended with {name}", "", ExitStatus.GIVEN_UP)


def unreachable(brokers: str, *, is_unresolved: bool) -> SetupFailure:
    """No broker answers from the start on."""
    if is_unresolved:
        text = f"no address is known for {brokers}"
        return SetupFailure(text, "check the host names in --brokers", ExitStatus.GIVEN_UP)
    hint = "check host and port, security.protocol, and whether a firewall is between"
    return SetupFailure(f"no broker answers at {brokers}", hint, ExitStatus.GIVEN_UP)


def refused_settings(said: str, names: Collection[str]) -> SetupFailure:
    """Settings that the client refuses. said: its words, of which only names of settings are shown."""
    known = {*names, *_ASKED_FOR}
    found = [name for name in dict.fromkeys(_SETTING.findall(said)) if name in known]
    named = ", ".join(f"`{name}`" for name in found) or "a setting"
    if "No such configuration property" in said:
        hint = "the names are those of librdkafka, which differ from the Java client's"
        return SetupFailure(f"there is no setting {named} for Kafka", hint)
    unset = [name for name in found if name not in names]
    if unset and len(unset) == len(found):
        hint = "add it to the file of --kafka-config; a secret as `${VARIABLE}`"
        return SetupFailure(f"{named} must be set for the other settings of Kafka", hint)
    return SetupFailure(f"the Kafka client does not accept {named}", "check the value")


def passing_line(brokers: str) -> SafeText:
    """The line that is logged once while no broker can be reached."""
    return SafeText("no broker answers at {}; trying again until one does", SafeText.known(brokers))
