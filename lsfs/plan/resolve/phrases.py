"""What a description of files says besides the words to search for: how many, of which kind, in which order.  Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from lsfs.core.filetypes import AMBIGUOUS_WORDS, types_for

Order = Literal["", "newest", "oldest", "largest", "smallest"]

_REFERENCE_WORDS = frozenset("it them that those these this they".split())
_REFERENCE_FILES = frozenset("file files one ones document documents result results hit hits".split())
_ARTICLES = frozenset(
    "the my our your their his her a an that this of der die das den dem meine meinen mein unsere le la les l'"
    " mes mon ma el los las mi mis il lo gli i un une una uno ein eine einen".split()
)
_ALL = frozenset("all every each any alle jede jeden jedes tous toutes todos todas tutti tutte these those".split())
_PARTIAL = frozenset(
    "no none some most several few half hardly nearly almost various certain kein keine keinen einige manche mehrere"
    " aucun aucune quelques certains plusieurs ningún ninguna algunos algunas varios nessun nessuna alcuni"
    " alcune".split()
)
"""Words that say how many without saying which."""
_BOTH = frozenset("both beide les-deux ambos entrambi".split())
_NUMBERS = {word: n for n, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)}
_NUMBERS |= {"zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "deux": 2, "trois": 3, "quatre": 4, "dos": 2, "tres": 3}
_NUMBERS |= {"due": 2, "tre": 3}
_EVERYTHING = frozenset(
    "everything all anything stuff contents things files file documents whatever alles todo tout tutto dateien fichiers"
    " archivos items".split()
)
_FOLDER_WORDS = frozenset(
    "folder folders directory directories subfolder subfolders sub-folder dir ordner verzeichnis dossier carpeta"
    " cartella".split()
)
_FILE_WORDS = frozenset("file files dateien datei fichier fichiers archivo archivos".split())
_DOCUMENT_WORDS = frozenset("document documents".split())
_ORDERS: dict[str, Order] = {
    "newest": "newest",
    "latest": "newest",
    "most-recent": "newest",
    "oldest": "oldest",
    "earliest": "oldest",
    "largest": "largest",
    "biggest": "largest",
    "smallest": "smallest",
}
_SUFFIX_SAID = re.compile(r"\(\s*\*?\.(\w{1,8})\s*\)$")
_KIND_NOUNS = frozenset("documents document files file sheets sheet docs doc images scripts script programs".split())
"""Nouns that add nothing to a kind before them: "excel sheets", "word documents"."""
_DUPLICATES = frozenset(
    {"duplicates", "duplicate files", "duplicated files", "double files", "doubles", "doppelte dateien", "doublons"}
)
_LINKS = frozenset(
    "of about for with on from regarding concerning that which who where in by to at and or over above under below"
    " using containing without larger bigger smaller older newer than".split()
)
_COPIES = ("duplicate of", "duplicates of", "copy of", "copies of", "second copy of", "extra copy of", "duplicate")
_NAMED = frozenset("called named titled".split())
_TITLES = frozenset(
    "minutes accounts results rules codes ideas comments instructions directions lyrics terms details news notes sales"
    " expenses taxes plans measurements contents statistics proceedings".split()
)
"""Nouns that are plural and may be one document."""
_ALIKE = 0.82


class Described(msgspec.Struct, frozen=True):
    """A description of files, read."""

    words: str = ""
    """What to search for; '' where only kinds and conditions are said."""
    types: frozenset[str] = frozenset()
    """Extensions, any of them."""
    folder: bool = False
    """A folder is meant."""
    many: bool = False
    """All that fit, not one."""
    count: int | None = None
    """That many."""
    plural: bool = False
    """`many` only follows from the form of a noun, and one document may have such a title."""
    everything: bool = False
    """Whatever there is."""
    files: bool = False
    """`everything` that is a file: folders are not meant."""
    copy: bool = False
    """The second one of two that are equal."""
    spoken: str = ""
    """`words` with the word for the kind: what to search for where no file of that kind fits."""
    direct: bool = False
    """In the folder itself, not below it."""
    order: Order = ""
    several: bool = False
    """The noun is plural, or a word says so."""
    partial: str = ""
    """The word that says how many, though not which: "some"."""
    aged: bool = False
    """Only “old” says which."""
    reference: bool = False
    """What an earlier step, or the last command, came to."""
    duplicates: bool = False
    """Those that are equal to another file."""
    name: str = ""
    """A whole name, where one is said as such ("the one called …")."""


def described(phrase: str) -> Described:
    """What a phrase describes.

    >>> d = described("the three IMG files")
    >>> d.words, d.count, d.many
    ('IMG', 3, True)
    >>> described("all xlsx files").types == frozenset({"xlsx"})
    True
    """
    text = " ".join(phrase.strip(" \t.,;:!?\"'“”„«»‘’").split())
    lowered = text.lower()
    direct = bool(re.search(r"\b(directly|immediately)\b", lowered))
    text = re.sub(r"\b(?:that|which) are\b|\b(?:directly|immediately)\b(?: in)?", " ", text)
    words = text.split()
    if _is_reference(lowered):
        return Described(reference=True, many=True)
    if found := _SUFFIX_SAID.search(text):
        kinds = text[: found.start()].split()
        others = [word for word in kinds if not types_for(word.lower()) and word.lower() not in _KIND_NOUNS]
        one = described(" ".join([*others, f".{found[1]} files"]))
        return msgspec.structs.replace(one, words="" if one.everything else one.words)
    many = everything = folder = copy = aged = False
    partial = ""
    count: int | None = None
    order: Order = ""
    while words:
        first = words[0].lower()
        following = words[1].lower() if len(words) > 1 else ""
        if first in _ALL or (first == "whole" and following not in _LINKS):
            if len(words) == 1:
                everything = True
            many = many or first != "whole"
        elif first in _BOTH:
            many, count = True, 2
        elif (first in _NUMBERS or _is_number(first)) and following and following not in _LINKS:
            many, count = True, _NUMBERS.get(first) or int(first)
        elif first == "most" and following == "recent":
            order = "newest"
            words.pop(0)
        elif first in _ORDERS and following:
            order = _ORDERS[first]
        elif first in ("last", "first") and following and (following in _NUMBERS or _is_number(following)):
            order = "newest" if first == "last" else "oldest"
        elif (first in _PARTIAL or first.startswith("non-") or _is_odd(first)) and following:
            partial = partial or first
        elif first == "old" and following:
            aged = True
        elif first not in _ARTICLES:
            break
        words.pop(0)
    rest = " ".join(words)
    if rest.lower() in _DUPLICATES:
        return Described(many=True, duplicates=True, count=count)
    for form in _COPIES:
        if rest.lower().startswith(form + " "):
            copy = True
            rest = rest[len(form) + 1 :]
            words = rest.split()
            while words and words[0].lower() in _ARTICLES:
                words.pop(0)
            break
    if len(words) >= 2 and words[0].lower() in _NAMED:
        return Described(name=" ".join(words[1:]), many=many)
    if words and is_folder_word(words[0]) and len(words) > 1 and words[1].lower() not in _LINKS:
        folder, words = True, words[2 if words[1].lower() in _NAMED and len(words) > 2 else 1 :]
    elif len(words) > 1 and is_folder_word(words[-1]):
        folder, words = True, words[:-1]
    many = many or (bool(words) and words[0].startswith("*."))
    spoken = " ".join(words)
    head = head_noun(words)
    words, types = (words, frozenset[str]()) if folder else _kind(words)
    if not words and not types:
        everything = True
    files = False
    if words and all(word.lower() in _EVERYTHING for word in words):
        files = all(word.lower() in _FILE_WORDS or word.lower() in _DOCUMENT_WORDS for word in words)
        everything, many, words = True, True, []
    plural = False
    several = (many and not everything) or _plural_noun(head.lower().strip(".,;"))
    if not many and not order and not folder:
        many = _plural_noun(head.lower().strip(".,;")) and not re.search(r"\.\w{1,5}$", head)
        plural = many and not (types and types_for(head.lower()))
    if order:
        many = count is not None
    return Described(
        words=" ".join(words),
        types=types,
        spoken=spoken,
        folder=folder,
        many=many,
        count=count,
        plural=plural,
        everything=everything,
        files=files,
        copy=copy,
        direct=direct,
        order=order,
        partial=partial,
        aged=aged,
        several=several,
    )


def file_name(words: str) -> str:
    """The file name that a phrase is, '' for a description.

    >>> file_name("Papers/onion soup.md"), file_name("notes about node.js"), file_name("the lease")
    ('onion soup.md', '', '')
    """
    name = words.rsplit("/", 1)[-1]
    stem, _, ending = name.rpartition(".")
    if not stem.strip() or "*" in stem or not types_for(f".{ending.lower()}"):
        return ""
    return name if head_noun(name.split()) == name.split()[-1] else ""


def spelt_like(name: str, other: str) -> bool:
    """Whether one file name is the other, perhaps misspelt; numbers are never a slip.

    >>> spelt_like("leese.txt", "Lease.txt"), spelt_like("IMG_4.jpg", "IMG_1.jpg"), spelt_like("a.txt", "lease.txt")
    (True, False, False)
    """
    if _NUMBER.findall(name) != _NUMBER.findall(other):
        return False
    return SequenceMatcher(None, name.lower(), other.lower()).ratio() >= _ALIKE


_ELIDED = frozenset("for of from in on the that one ones those version year with and to".split())
_NUMBER = re.compile(r"\d+")


def completed(first: str, second: str) -> str:
    """The second of two descriptions, with what it leaves out after the first.

    >>> completed("the club's accounts for 2023", "for 2024")
    "the club's accounts for 2024"
    >>> completed("my income of 2024", "that of 2023"), completed("the lease", "the one in the garage licence")
    ('my income of 2023', 'garage licence')
    """
    words = second.split()
    if all(word.lower() in _ELIDED or _NUMBER.fullmatch(word) for word in words) and _NUMBER.search(second):
        numbers = _NUMBER.findall(second)
        if len(_NUMBER.findall(first)) == len(numbers):
            left = iter(numbers)
            return _NUMBER.sub(lambda _: next(left), first)
        return f"{first} {second}"
    found = re.fullmatch(r"(?:the )?(?:that|one|ones|those) (?:in|of|from|on) (?:the |my )?(.+)", second, re.IGNORECASE)
    return found[1] if found else second


def with_determiners(phrase: str, sentence: str) -> str:
    """A phrase with the words before it in the sentence that say how many: "every", "both of the", "all three".

    >>> with_determiners("invoice", "move every invoice to Taxes")
    'every invoice'
    """
    words, wanted = sentence.split(), phrase.split()
    bare = [word.strip(" \t.,;:!?\"'“”„«»‘’()").lower() for word in words]
    looked = [word.strip(" \t.,;:!?\"'“”„«»‘’()").lower() for word in wanted]
    if not looked:
        return phrase
    found: list[list[str]] = []
    for at in range(len(bare) - len(looked) + 1):
        if bare[at : at + len(looked)] == looked:
            first = at
            while first and _determines(bare[first - 1]):
                first -= 1
            while first < at and bare[first] == "of":
                first += 1
            found.append(words[first:at])
    # Said twice, "tag every lease and delete the lease", no word of the one says how many the other is about.
    least = min(found, key=lambda before: any(_is_many(word.lower()) for word in before), default=[])
    return " ".join((*least, phrase))


def _determines(word: str) -> bool:
    return word in _ARTICLES or word == "old" or _is_many(word)


def _is_many(word: str) -> bool:
    return word in _ALL or word in _BOTH or word in _NUMBERS or word in _PARTIAL


def _is_odd(word: str) -> bool:
    """A number in other signs than ours, of which nothing is made."""
    return word.isnumeric() and not word.isascii()


def _is_number(word: str) -> bool:
    """A number of files that somebody counts: ``²`` is a digit and no number."""
    return word.isascii() and word.isdecimal() and len(word) < 3


def is_folder_word(word: str) -> bool:
    """Whether a word says "folder", perhaps misspelt."""
    lowered = word.lower().strip(".,;")
    if lowered in _FOLDER_WORDS:
        return True
    return lowered.startswith("f") and len(lowered) >= 5 and SequenceMatcher(None, lowered, "folder").ratio() >= _ALIKE


def head_noun(words: list[str]) -> str:
    """The noun that a description is about: the last word before "of", "about", "for" …

    >>> head_noun("rowing club's invoices from 2023".split())
    'invoices'
    """
    for at, word in enumerate(words):
        if at and word.lower() in _LINKS:
            return words[at - 1]
    return words[-1] if words else ""


def _is_reference(lowered: str) -> bool:
    words = lowered.split()
    if not words:
        return False
    if words[:2] in (["all", "of"], ["both", "of"]) and len(words) == 3 and words[2] in _REFERENCE_WORDS:
        return True
    if words[0] == "the" and words[1:] in (["result"], ["results"], ["same"]):
        return True
    return words[0] in _REFERENCE_WORDS and all(word in _REFERENCE_FILES for word in words[1:])


def _kind(words: list[str]) -> tuple[list[str], frozenset[str]]:
    """The words without the one that names a kind of file, and its extensions."""
    lowered = [word.lower().strip(".,;") if not word.startswith(".") else word.lower().rstrip(",;") for word in words]
    if not lowered:
        return words, frozenset()
    glob = re.fullmatch(r"\*?\.(\w{1,8})s?", lowered[0])
    if glob:
        known = types_for("." + glob[1]) or frozenset({glob[1]})
        rest = words[1:]
        return (rest[1:] if rest and rest[0].lower() in _FILE_WORDS else rest), known
    if lowered[-1] in _FILE_WORDS and len(words) > 1:
        types = types_for(lowered[-2])
        # "IMG files" have names that begin so; "PDF files" are of that kind.
        if types and (not words[-2].isupper() or lowered[-2] in types or lowered[-2].removesuffix("s") in types):
            return words[:-2], types
        return words[:-1], frozenset()
    if lowered[0] in _FILE_WORDS and len(words) > 1:
        rest = words[1:]
        while rest and rest[0].lower() in ("about", "regarding", "concerning", "of", "on", "with", "for", "called"):
            rest = rest[1:]
        return rest, frozenset()
    first = types_for(lowered[0])
    if first and len(words) > 1 and lowered[1] in _KIND_NOUNS and lowered[0] not in _FILE_WORDS:
        rest = words[2:]
        return (rest[1:] if rest and rest[0].lower() in _LINKS else rest), first
    if first and (len(words) == 1 or (lowered[1] in _LINKS and not _doubtful(lowered[0]))):
        rest = words[1:]
        while rest and rest[0].lower() in ("of", "about", "for", "with", "on", "from", "regarding", "concerning"):
            rest = rest[1:]
        return rest, first
    if first and not _doubtful(lowered[0]) and lowered[0] in _SUFFIXES:
        return words[1:], first  # "pdf invoices", "csv export"
    last = types_for(lowered[-1])
    if last and len(words) > 1 and (lowered[-1] in _SUFFIXES or lowered[-1].removesuffix("s") in _PLAIN_KINDS):
        return words[:-1], last
    # "the letter as pdf", "photos of the dog", "the scans of my passport"
    for at in range(1, len(lowered) - 1):
        types = types_for(lowered[at])
        if types and lowered[at + 1] in ("of", "about") and not _doubtful(lowered[at]):
            return [*words[:at], *words[at + 2 :]], types
    return words, frozenset()


_PLAIN_KINDS = frozenset("photo picture image spreadsheet video screenshot song presentation".split())
"""Words that hardly name anything but a kind, also behind other words: "the dog photo"."""
_SUFFIXES = frozenset(
    "pdf pdfs csv csvs xlsx xls docx doc txt md jpg jpeg png gif html json py odt ods mp3 mp4 zip eml tex xml".split()
)


def _doubtful(word: str) -> bool:
    """A word of everyday speech that names a kind only where nothing else is said."""
    return bool({word, word.removesuffix("s"), word.removesuffix("es")} & (AMBIGUOUS_WORDS - {"pdf"}))


def _plural_noun(word: str) -> bool:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "'s", "’s")):
        return False
    return word not in _TITLES
