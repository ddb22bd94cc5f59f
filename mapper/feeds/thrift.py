"""Bytes of Thrift's compact protocol -> structs, as dicts by the numbers of their fields.

Written by hand for the few headers of Parquet that are looked at before its reader is: however they are
damaged, nothing in them does more than raise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MOST_DEPTH = 16
_TRUTHS, _BYTE, _INTEGERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = (1, 2), 3, (4, 5, 6), 7, 8, (9, 10), 12


class StructReader:
    """A struct after another, from where it is; all raise IndexError at the end, ValueError for no struct."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """The struct that begins here."""
        return {field: self.value(kind, depth) for field, kind in self.fields()}

    def fields(self) -> Iterator[tuple[int, int]]:
        """The numbers and kinds of a struct's fields; the value of each is to be read before the next one."""
        field = 0
        while byte := self._byte():
            step = byte >> 4
            field = field + step if step else self._signed()
            yield field, byte & 15

    def value(self, kind: int, depth: int = 0) -> Any:
        """A value of a kind."""
        if depth > _MOST_DEPTH:
            raise ValueError
        if kind in _TRUTHS:  # which have no bytes of their own
            return kind == 1
        if kind == _BYTE:
            return self._byte()
        if kind in _INTEGERS:
            return self._signed()
        if kind == _DOUBLE:
            return self._bytes(8)
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in _LISTS:
            return list(self.elements(depth))
        raise ValueError  # maps are in none of them

    def elements(self, depth: int = 0) -> Iterator[Any]:
        """The elements of the list that begins here, one by one."""
        byte = self._byte()
        count = byte >> 4 if byte >> 4 < 15 else self._varint()
        # A truth is a byte in a list.
        kind = _BYTE if byte & 15 in _TRUTHS else byte & 15
        for _ in range(count):
            yield self.value(kind, depth + 1)

    def _byte(self) -> int:
        byte = self._content[self.at]
        self.at += 1
        return byte

    def _bytes(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > len(self._content):
            raise IndexError
        return self._content[start : self.at]

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number
            if shift > 63:
                raise ValueError

    def _signed(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)
