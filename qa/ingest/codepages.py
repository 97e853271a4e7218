"""The code page of an old file in a Latin script, by whether it makes words.

A statistical detector finds too little in such files: most of them is ASCII, and one
pound sign may be anything to it. A reader sees at a glance that nothing is wrong with
"£50", and that "ãîðîä" (Russian read as Western), "Za¿ó³æ" (Polish) and "M„rz" (DOS)
are no words. So does this.
"""

from __future__ import annotations

import re
from collections import Counter

WESTERN = "cp1252"
# For each code page the letters beyond ASCII of the languages that are written in it.
_ALPHABETS = {
    WESTERN: (
        "äöüß",  # German
        "àâæçèéêëîïôœùûüÿ",  # French
        "áéíñóúü",  # Spanish
        "àáâãçéêíóôõúü",  # Portuguese
        "àèéìîòù",  # Italian
        "àçèéíïòóúü",  # Catalan
        "åäöéüàæø",  # Swedish, Finnish, Danish, Norwegian
        "áäðéíóúýþæöø",  # Icelandic, Faroese
        "áéíóú",  # Irish
        "áâäçèéêëíïîóôöúûü",  # Dutch, Afrikaans, Albanian, Luxembourgish, Welsh
        "äõöüšž",  # Estonian
    ),
    "cp1250": (
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "ąćęłńóśźż",  # Polish
        "áéíóöőúüű",  # Hungarian
        "ćčđšž",  # Croatian, Bosnian, Slovene
        "ăâîşţ",  # Romanian
    ),
    "cp1254": ("âçğıîöşûü",),  # Turkish
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž"),  # Latvian, Lithuanian
}
_ALPHABETS["iso8859-2"] = _ALPHABETS["cp1250"]

# A text is in a language if its alphabet has this share of the letters beyond ASCII.
_IN_ALPHABET = 0.95
# Of the characters beyond ASCII, this share may look out of place.
_MOST_ODD = 0.1

# Some that Unicode counts as letters or digits stand as signs.
_LETTER = r"[^\W\d_ªµº¹²³¼½¾]"
_HIGH = r"[^\x00-\x7f\W\d_ªµº¹²³¼½¾]"
_ODD = re.compile(
    "|".join(
        (
            # Words without an ASCII letter, as of another script.
            rf"(?<!{_LETTER}){_HIGH}{{3,}}(?!{_LETTER})",
            rf"{_HIGH}{{4,}}",
            # A capital in mid-word, as what were small letters on a Macintosh look.
            r"(?<=[a-z])[À-ÖØ-ÞŠŽŒŸ](?![A-Z])",
            # Signs within words. Apostrophes, dashes, a raised dot and spaces may be.
            rf"(?<={_LETTER})[^\x00-\x7f\w\s’‘´–—…·\xad](?={_LETTER})",
            rf"(?<={_LETTER})[ªµº¹²³¼½¾](?={_LETTER})",
            # Signs that begin or end a word as if they were letters of it. A currency
            # may have the short "bn" after it.
            rf"(?<![^\W_])[¦¬®¯±¶¸¹²³¼¾](?={_LETTER}{{2}})",
            rf"(?<![^\W_])[£¥¤](?={_LETTER}{{3}})",
            rf"(?<={_LETTER})[¡¦¬±¶¼¾¿£¥](?![^\W_])",
        )
    )
)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f]")
_HIGH_LETTER = re.compile(_HIGH)


def latin_code_page(data: bytes) -> str | None:
    """The code page in which bytes are words of a Latin script; None if there is none.

    Windows-1252 unless that makes no words, or another makes words of one language
    and it doesn't. Names from everywhere in an English text fit no one language, so
    that alone says nothing.
    """
    western = _fit(data, WESTERN)
    if western is not None and western >= _IN_ALPHABET:
        return WESTERN
    fits = {page: _fit(data, page) or 0.0 for page in _ALPHABETS if page != WESTERN}
    best = max(fits, key=lambda page: fits[page])
    if fits[best] >= _IN_ALPHABET:
        return best
    return None if western is None else WESTERN


def _fit(data: bytes, page: str) -> float | None:
    """The share of letters that one language has; None if the text looks out of place."""
    try:
        text = data.decode(page)
    except UnicodeDecodeError:
        return None
    odd = sum(len(match[0]) for match in _ODD.finditer(text))
    if _CONTROL.search(text) or odd > _MOST_ODD * len(_OUTSIDE_ASCII.findall(text)):
        return None
    letters = Counter(_HIGH_LETTER.findall(text.lower()))
    if not letters:
        # Signs alone speak for no language, so for the likeliest code page.
        return 1.0 if page == WESTERN else None
    shares = (sum(map(letters.__getitem__, alphabet)) for alphabet in _ALPHABETS[page])
    return max(shares) / letters.total()
