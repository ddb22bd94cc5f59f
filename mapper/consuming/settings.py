"""A file of librdkafka's settings, the environment and a command's options -> the settings of a consumer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from mapper.delivery.setup_failure import SetupFailure

# `$ConnectionString`, a user name of Event Hubs, is no variable: only braces make one.
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRETS = frozenset(
    {
        *("sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password"),
        *("sasl.oauthbearer.client.secret", "sasl.oauthbearer.config"),
    }
)
_POSITIONS = "the outbox keeps the positions"
_OWN = {
    "enable.auto.commit": _POSITIONS,
    "enable.auto.offset.store": _POSITIONS,
    "auto.offset.reset": "--start and --on-gap say where reading begins",
    "enable.partition.eof": _POSITIONS,
    "partition.assignment.strategy": "it is always cooperative-sticky",
    **dict.fromkeys(
        ("plugin.library.paths", "ssl.engine.location", "sasl.kerberos.kinit.cmd"),
        "a settings file may not run code",
    ),
    **dict.fromkeys(
        ("error_cb", "logger", "oauth_cb", "stats_cb", "throttle_cb", "on_commit", "default.topic.config"),
        "it is no text",
    ),
}
# Of the Java client, whose files look the same.
_OF_JAVA = {
    "sasl.jaas.config": "write sasl.username and sasl.password",
    "ssl.truststore.location": "write ssl.ca.location, a file in PEM form",
    "ssl.keystore.type": "write ssl.certificate.location and ssl.key.location, or ssl.keystore.location",
    "key.deserializer": "leave it out: values are read as JSON",
    "value.deserializer": "leave it out: values are read as JSON",
}


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file of settings. is_private: nobody but its owner can read it."""

    name: str
    text: str
    is_private: bool


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """The command's own options, each a value or "". instance: the name of a static member of the group."""

    brokers: str = ""
    group: str = ""
    instance: str = ""


def read_settings(
    file: SettingsFile | None, options: ConsumerOptions, environment: Mapping[str, str]
) -> dict[str, str] | SetupFailure:
    """The settings of a consumer by librdkafka's names, secrets among them. No message holds a value."""
    given: dict[str, str] = {}
    for number, line in enumerate(file.text.splitlines() if file else (), 1):
        assert file is not None
        read = _read_line(line, SettingsFile(f"{file.name}:{number}", "", file.is_private), environment)
        if isinstance(read, SetupFailure):
            return read
        given |= read
    named = {
        "bootstrap.servers": options.brokers,
        "group.id": options.group,
        "group.instance.id": options.instance,
    }
    given |= {name: value for name, value in named.items() if value}
    for name, hint in (("bootstrap.servers", "--brokers HOST:PORT,..."), ("group.id", "--group NAME")):
        if not given.get(name):
            near = get_close_matches(name, given, 1, 0.8)
            hint = f"give {hint}, or set it in --kafka-config FILE"
            return SetupFailure(
                f"{name} is not set", f"write `{name}` in place of `{near[0]}`, or {hint}" if near else hint
            )
    return {**_defaults(given), **given}


def _read_line(
    line: str, place: SettingsFile, environment: Mapping[str, str]
) -> dict[str, str] | SetupFailure:
    """The setting of a line, if it has one. place: by its name, the line's."""
    line = line.strip()
    if not line or line[0] in "#!":
        return {}
    name, equals, value = (part.strip() for part in line.partition("="))
    if not equals:
        return SetupFailure(f"{place.name}: expected `name=value`")
    if name in _OWN:
        return SetupFailure(f"{place.name}: `{name}` cannot be set: {_OWN[name]}", "remove the line")
    if name in _OF_JAVA:
        return SetupFailure(f"{place.name}: `{name}` is a setting of the Java client", _OF_JAVA[name])
    if name in _SECRETS and not _VARIABLE.search(value) and not place.is_private:
        hint = f"write `{name}=${{KAFKA_SECRET}}` and set that variable, or let only its owner read the file"
        return SetupFailure(f"{place.name}: `{name}` is a secret, and others can read this file", hint)
    missing = [one for one in _VARIABLE.findall(value) if not environment.get(one)]
    if missing:
        return SetupFailure(f"{place.name}: {missing[0]} must be set in the environment")
    value = _VARIABLE.sub(lambda found: environment[found[1]], value)
    if "\0" in value or value.encode("utf-8", "replace").decode() != value:
        return SetupFailure(f"{place.name}: the value of `{name}` is not UTF-8, or has a NUL in it")
    return {name: value}


def _defaults(given: Mapping[str, str]) -> dict[str, str]:
    """The settings that hold unless the file says otherwise, and those that always hold."""
    defaults = {
        "client.id": "mapper",
        # Once so much is fetched and not yet read, the client pauses: a second, unless it is told otherwise.
        "queued.max.messages.kbytes": "32768",
        "fetch.queue.backoff.ms": "20",
        "socket.keepalive.enable": "true",
        "log.connection.close": "false",
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
    }
    if given.get("group.protocol", "classic") == "classic":
        defaults["partition.assignment.strategy"] = "cooperative-sticky"
        # Another member reads on so soon after this one is killed; the client's own 45 s are for slow starts.
        defaults |= {"session.timeout.ms": "10000", "heartbeat.interval.ms": "3000"}
    return defaults
