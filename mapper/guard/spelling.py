"""A text -> the text that a person or a page would read in it: less its encodings and what is not seen."""

from __future__ import annotations

import re
import unicodedata

# A text that is still encoded after so many rounds is read by no page.
_MOST_ROUNDS = 12
_MORE_THAN_ONCE = re.compile(r"%(?:25)+")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_PERCENT_U = re.compile(r"%[uU]([0-9a-fA-F]{4})")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,8})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2}))")
ENTITY = re.compile(r"&(?:#0{0,16}([0-9]{1,7})|#[xX]0{0,16}([0-9a-fA-F]{1,6})|([a-zA-Z]{2,20})(?=;));?")
_NAMED = {
    **{"amp": "&", "commat": "@", "period": ".", "quot": '"', "apos": "'", "equals": "=", "num": "#"},
    **{"percnt": "%", "plus": "+", "colon": ":", "sol": "/", "quest": "?", "lowbar": "_", "hyphen": "-"},
    **{"bsol": "\\", "lbrace": "{", "lcub": "{", "dash": "-", "semi": ";"},
    **dict.fromkeys(("shy", "zwj", "zwnj", "lrm", "rlm", "zerowidthspace", "nobreak"), ""),
    **dict.fromkeys(("nbsp", "tab", "newline", "ensp", "emsp", "numsp", "puncsp", "thinsp", "hairsp"), " "),
}
# What is not seen within a text: controls, marks on letters and around them, what has no width, is blank,
# turns the direction, or chooses a shape.
UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u2800\u3164"
    "\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
# Signs of other scripts, and those that they are read as.
LIKE = {
    **dict.fromkeys("\uff20\ufe6b", "@"),
    **dict.fromkeys("\u3002\uff0e\uff61\ufe52\u2024", "."),
    **{"\uff05": "%", "\ufe6a": "%", "\uff06": "&", "\uff1d": "=", "\uff1f": "?", "\uff03": "#"},
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    **dict.fromkeys("\xa0\u2007\u2009\u202f", " "),
}
# Signs above, below and between letters of Indian, Thai, Arabic ... scripts are parts of their words.
PART_OF_A_WORD = "\u02d0"
_NO_LETTER = re.compile(r"[^\w\s\x00-\x7f]")
# Letters that are no other letter with an accent.
_LETTERS = str.maketrans(
    dict(zip("łŁøØ\u0131đĐ", "lLoOidD", strict=True)) | {"ß": "ss", "æ": "ae", "Æ": "AE"}
)
_UNSEEN = re.compile(f"[{UNSEEN}]")
_LIKE = re.compile(f"[{''.join(LIKE)}]")


def plain(text: str) -> str | None:
    """The plain form of a text, decoded until it stays as it is; None where it never does.

    A round takes time linear in the text's length, and gives no longer one.
    """
    for _ in range(_MOST_ROUNDS):
        read = _decoded(text)
        if read == text:
            return text
        text = read
    return None


def _decoded(text: str) -> str:
    """One round: percent signs, escapes of programs, and entities of HTML."""
    if "%" in text:
        text = _PERCENT_U.sub(_character, _MORE_THAN_ONCE.sub("%", text))
        text = _PERCENT.sub(_octets, text)
    if "\\" in text:
        text = _ESCAPE.sub(_character, text).replace("\\", "")
    if "&" in text:
        text = ENTITY.sub(_entity, text)
    if text.isascii() and text.isprintable():
        return text
    text = _UNSEEN.sub("", text)
    if text.isascii():
        return text
    return _NO_LETTER.sub(_as_letter, _LIKE.sub(lambda found: LIKE[found[0]], text))


def less_accents(text: str) -> str:
    """A text in letters without accents."""
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _as_letter(found: re.Match[str]) -> str:
    return PART_OF_A_WORD if unicodedata.category(found[0]).startswith("M") else found[0]


def _octets(found: re.Match[str]) -> str:
    """Octets are UTF-8, or else Latin-1."""
    octets = bytes.fromhex(found[0].replace("%", ""))
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _character(found: re.Match[str]) -> str:
    return _of_number(int(next(filter(None, found.groups())), 16))


def _entity(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return _NAMED.get(name.lower(), found[0])
    return _of_number(int(decimal) if decimal else int(hexadecimal, 16))


def _of_number(number: int) -> str:
    return chr(number) if number <= 0x10FFFF else ""
