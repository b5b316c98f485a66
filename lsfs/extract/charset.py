"""A guess at the encoding of text older than UTF-8, by what its bytes would say in each candidate.

Real text uses few of the characters that an encoding has: kana in Japanese, the first level of Chinese characters,
ten letters for two thirds of any alphabet.  Text read in a wrong encoding is spread over all of them.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter

_SAMPLE = 32 * 1024
_DEFAULT = "cp1252"
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fc]")
_HALF_KANA = re.compile(r"[\uff61-\uff9f]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_WIDE = re.compile(r"[^\x00-\x7f]")
_ALPHABETS = {  # the commonest letters of the languages that use the encoding
    "cp1251": "оеаинтсрвлкмдпуяіїОЕАИНТСРВЛКМДПУЯ",
    "koi8-r": "оеаинтсрвлкмдпуяОЕАИНТСРВЛКМДПУЯ",
    "cp866": "оеаинтсрвлкмдпуяОЕАИНТСРВЛКМДПУЯ",
    "cp1253": "αοιετσνηυρπκμλςάίόέήύώ",
    "cp1255": "יוהלאתרבשמנדםןעח",
    "cp1256": "اليمنوترهبدفسعكة",
    "cp874": "านรกอเงมยลวดทสตะปบคหี่ั้ไ",
}
_FIRST_LEVELS = (("gb18030", 0xB0, 0xD7), ("big5", 0xA4, 0xC6))
"""Codec, and the first bytes of its frequent characters."""
_LATIN = {  # beside ASCII; signs that a wrong reading of the other tends to give are left out
    "cp1252": "éèàùçâêîôûëïüöäßñáíóúãõåøæœÉÈÀÇÂÊÎÔÜÖÄÑÁÍÓÚÃÕÅØÆ’“”„–—…«»°§€©®\xa0ò¡",
    "cp1250": "ąćęłńśźżĄĆĘŁŃŚŹŻáčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽöüőűäßÖÜŐŰÄăâîşţ’“”„–—…«»°§€\xa0",
    "cp1254": "ğışĞİŞçöüÇÖÜâîû’“”–—…«»°§€\xa0",
}


def guess(data: bytes) -> str:
    """The name of the codec that explains `data` best; Windows-1252 where nothing speaks for another."""
    first = _HIGH_RUN.search(data)
    if first is None:
        return _DEFAULT
    sample = data[max(0, first.start() - 200) : first.start() + _SAMPLE]
    runs = Counter(len(run) for run in _HIGH_RUN.findall(sample))
    high = sum(length * count for length, count in runs.items())
    dense = high >= 2 * sum(runs.values())  # Latin text has its letters beyond ASCII one by one
    return _japanese(sample) or (dense and (_asian(sample) or _alphabet(sample))) or _latin(sample)


def _japanese(sample: bytes) -> str | None:
    """A Japanese encoding, if one reads the sample without an error and with kana in it."""
    for name in ("cp932", "euc_jp"):
        text = _read(sample, name)
        if text and _share(text, _KANA) - _share(text, _HALF_KANA) > 0.15:
            return name
    return None


def _asian(sample: bytes) -> str | None:
    """Another encoding of Asia, if one reads the sample without an error and as real text."""
    korean = _read(sample, "cp949")
    if korean and _share(korean, _HANGUL) > 0.9:
        return "cp949"
    thai = _read(sample, "cp874")
    if thai and _share_of(thai, _ALPHABETS["cp874"]) > 0.7:
        return "cp874"
    share, name = max((_frequent(sample, *level), level[0]) for level in _FIRST_LEVELS)
    return name if share > 0.6 else None


def _frequent(sample: bytes, name: str, low: int, top: int) -> float:
    """The share of Chinese characters that stand in the encoding's first level, the frequent ones."""
    text = _read(sample, name)
    wide = [c for c in text or "" if "\u4e00" <= c <= "\u9fff"]
    if not wide or len(wide) < 0.6 * len(_WIDE.findall(text or "")):
        return 0.0
    return sum(low <= c.encode(name, "replace")[0] <= top for c in wide) / len(wide)


def _alphabet(sample: bytes) -> str | None:
    """An encoding of a script that is not Latin, if its commonest letters make up most of the sample."""
    scores = [(_share_of(sample.decode(name, "replace"), letters), name) for name, letters in _ALPHABETS.items()]
    best, name = max(scores, key=lambda score: score[0])
    return name if best > 0.5 else None


def _latin(sample: bytes) -> str:
    scores = {name: _share_of(sample.decode(name, "replace"), letters) for name, letters in _LATIN.items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > scores[_DEFAULT] + 0.2 else _DEFAULT


def _share_of(text: str, letters: str) -> float:
    """How many of the characters beyond ASCII are among `letters`."""
    counts = Counter(_WIDE.findall(text))
    total = sum(counts.values())
    return sum(counts[letter] for letter in set(letters)) / total if total else 0.0


def _share(text: str, pattern: re.Pattern[str]) -> float:
    total = len(_WIDE.findall(text))
    return len(pattern.findall(text)) / total if total else 0.0


def _read(sample: bytes, name: str) -> str | None:
    """The sample in a double-byte encoding, None where it is not valid; a character cut at the end is left out."""
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(sample)
    except UnicodeDecodeError:
        return None
