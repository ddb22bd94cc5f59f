"""Events that a mapping rejects, encrypted: kept so that they can be mapped again, unreadable without a key.

AES-GCM with a random nonce for each event. The keys are in the environment; the first of several encrypts,
and each decrypts what it has encrypted, so that a key can be replaced. No other module imports
`cryptography`.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_VARIABLE = "MAPPER_RAW_KEY"
"""Holds one or several keys, separated by spaces: 32 random bytes each, in base64."""
_KEY_BYTES, _NONCE_BYTES = 32, 12
_FORM = b"\x01"
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Sealer:
    """The keys, in their order."""

    keys: tuple[AESGCM, ...]

    def seal(self, meta: Mapping[str, Any], text: bytes) -> bytes:
        """An event with what is known of its request, encrypted."""
        known = json.dumps(meta).encode()
        nonce = os.urandom(_NONCE_BYTES)
        content = _LENGTH.pack(len(known)) + known + text
        return _FORM + nonce + self.keys[0].encrypt(nonce, content, _FORM)

    def unseal(self, sealed: bytes) -> tuple[dict[str, Any], bytes] | None:
        """The sealed `$meta` and event; None where no key fits, or it was changed."""
        form, nonce = sealed[: len(_FORM)], sealed[len(_FORM) : len(_FORM) + _NONCE_BYTES]
        if form != _FORM:
            return None
        for key in self.keys:
            try:
                content = key.decrypt(nonce, sealed[len(_FORM) + _NONCE_BYTES :], _FORM)
            except (InvalidTag, ValueError):
                continue
            end = _LENGTH.size + _LENGTH.unpack_from(content)[0]
            return json.loads(content[_LENGTH.size : end]), content[end:]
        return None


def read_sealer(environment: Mapping[str, str]) -> Sealer | None:
    """The keys of an environment; None where there are none, or one is not as it must be."""
    keys = []
    for written in environment.get(KEY_VARIABLE, "").split():
        try:
            key = base64.b64decode(written, validate=True)
        except binascii.Error:
            return None
        if len(key) != _KEY_BYTES:
            return None
        keys.append(AESGCM(key))
    return Sealer(tuple(keys)) if keys else None
