"""Consent as the IAB's strings write it: TCF, GPP with its sections, and the US Privacy string."""

from __future__ import annotations

import re

from mapper.transforms.bits import Bits, Cut
from mapper.values.types import Invalid

GRANTED, DENIED, LIMITED = "granted", "denied", "limited"
# The purposes of the TCF that advertising needs: storage on the device, profiles for ads, ads by profiles.
_PURPOSES = (1, 3, 4)
# Since policy version 4 strings are of TCF 2.2; older ones are invalid from 30 September 2023 on.
_FIRST_POLICY = 4
_US_PRIVACY = re.compile(r"1([YN-])([YN-])[YN-]")
_SECTION_TCF, _SECTION_US_PRIVACY, _SECTION_NATIONAL = 2, 6, 7
# Where the opt-outs of sale, sharing and targeted advertising are, in bits from the start of the core: usnat,
# then usca to usmn, of which usut and usia have one notice more.
_OPT_OUTS = {
    _SECTION_NATIONAL: (18, 20, 22),
    **dict.fromkeys(range(8, 24), (12, 14)),
    **dict.fromkeys((11, 18), (14, 16)),
}
# The versions whose opt-outs are there.
_VERSIONS = {_SECTION_NATIONAL: (1, 2), **dict.fromkeys(range(8, 24), (1,))}
_OPTED_OUT, _DID_NOT = 1, 2


def read_us_privacy(text: str) -> str | None:
    """The answer of a US Privacy string; None where the law does not apply. Raises Invalid if it is none."""
    found = _US_PRIVACY.fullmatch(text)
    if found is None:
        raise Invalid("not a US Privacy string of version 1, as in `1YNN`")
    notice, opt_out = found[1], found[2]
    if opt_out == "Y":
        return LIMITED
    return GRANTED if opt_out == "N" and notice != "N" else None


def read_tcf(text: str, vendor: int | None) -> str | None:
    """The answer of a TCF string about a vendor. Raises Invalid where it is none that is valid today.

    vendor: None: that of the purposes alone, which can only deny.
    """
    core, *others = text.split(".")
    try:
        granted = _read_core(Bits(core), vendor)
        if granted and vendor is not None and any(_lacks_vendor(other, vendor) for other in others):
            granted = False
    except Cut:
        raise Invalid("the TCF string is cut, or not in base64url") from None
    if granted and vendor is None:
        return None
    return GRANTED if granted else DENIED


def _read_core(bits: Bits, vendor: int | None) -> bool:
    """Whether the core segment grants the purposes, and consent to the vendor if there is one."""
    if bits.number(6) != 2:
        raise Invalid("not a TCF string of version 2")
    bits.skip(126)
    if bits.number(6) < _FIRST_POLICY or not bits.flag():
        raise Invalid("a TCF string that is not valid since TCF 2.2")
    bits.skip(1 + 12)
    purposes = [bits.flag() for _ in range(24)]
    bits.skip(24)
    is_not_asked = bits.flag()  # of purpose 1, where a country's law does not ask for it
    bits.skip(12)
    granted = all(purposes[one - 1] or (one == 1 and is_not_asked) for one in _PURPOSES)
    has_vendor = _vendor_section(bits, vendor or 0)
    _vendor_section(bits, 0)
    is_restricted = _is_restricted(bits, vendor or 0)
    return granted and (vendor is None or (has_vendor and not is_restricted))


def _vendor_section(bits: Bits, vendor: int) -> bool:
    """Whether the next list of vendors holds one; it is read to its end."""
    most = bits.number(16)
    if bits.flag():
        return bits.ranges(vendor)
    start = bits.at
    bits.skip(most)
    end, bits.at = bits.at, start
    held = False
    if 0 < vendor <= most:
        bits.skip(vendor - 1)
        held = bits.flag()
    bits.at = end
    return held


def _is_restricted(bits: Bits, vendor: int) -> bool:
    """Whether the publisher takes one of the purposes from a vendor."""
    restricted = False
    for _ in range(bits.number(12)):
        purpose, kind = bits.number(6), bits.number(2)
        is_named = bits.ranges(vendor)
        restricted = restricted or (is_named and kind == 0 and purpose in _PURPOSES)
    return restricted


def _lacks_vendor(segment: str, vendor: int) -> bool:
    """Whether a segment lists the vendors that were disclosed, without this one."""
    bits = Bits(segment)
    return bits.number(3) == 1 and not _vendor_section(bits, vendor)


def read_gpp(text: str, vendor: int | None) -> str | None:
    """The answer of a GPP string: an opt-out in any section counts.

    Raises Invalid where a section that could opt out cannot be read, unless another one refuses or does so.
    """
    header, *sections = text.split("~")
    try:
        bits = Bits(header)
        if bits.number(6) != 3 or bits.number(6) != 1:
            raise Invalid("not a GPP string of version 1")
        ids = bits.fibonacci_ids()
        if len(ids) != len(sections) or not ids:
            raise Invalid("the GPP string lacks some of the sections that it names")
        said = [_section(id, section, vendor) for id, section in zip(ids, sections, strict=True)]
    except Cut:
        raise Invalid("the GPP string is cut, or not in base64url") from None
    if _UNKNOWN in said and DENIED not in said and LIMITED not in said:
        raise Invalid("the GPP string has a section that cannot be read")
    return next((one for one in (DENIED, LIMITED, GRANTED) if one in said), None)


_UNKNOWN = "unknown"


def _section(id: int, text: str, vendor: int | None) -> str | None:
    if id == _SECTION_TCF:
        return read_tcf(text, vendor)
    if id == _SECTION_US_PRIVACY:
        return read_us_privacy(text)
    return _read_opt_outs(id, text) if id in _OPT_OUTS else _UNKNOWN


def _read_opt_outs(id: int, text: str) -> str | None:
    """The answer of a section of the United States: 1 is an opt-out, 0 not applicable, 2 no opt-out."""
    core, *others = text.split(".")
    if Bits(core).number(6) not in _VERSIONS[id]:
        return _UNKNOWN
    said = []
    for place in _OPT_OUTS[id]:
        bits = Bits(core)
        bits.skip(place)
        said.append(bits.number(2))
    if 3 in said:
        raise Cut
    if _OPTED_OUT in said or any(_is_global_opt_out(other) for other in others):
        return LIMITED
    return GRANTED if _DID_NOT in said else None


def _is_global_opt_out(segment: str) -> bool:
    """Whether a segment says that the browser sends Global Privacy Control."""
    bits = Bits(segment)
    return bits.number(2) == 1 and bits.flag()
