"""Kinds of files: extensions, the words people use for them, and families for display.

Pure tables and look-ups.  An extension is lower case without a dot; gzipped text keeps both parts (``txt.gz``).
"""

from __future__ import annotations

FAMILIES: dict[str, frozenset[str]] = {
    family: frozenset(extensions.split())
    for family, extensions in {
        "pdf": "pdf xps oxps djvu",
        "document": "doc docx docm dot dotx dotm odt ott fodt rtf pages wpd wps hwp hwpx sxw abw",
        "spreadsheet": "xls xlsx xlsm xlsb xlt xltx ods ots fods numbers csv tsv dbf gnumeric sxc",
        "presentation": "ppt pptx pptm pps ppsx pot potx odp otp fodp key sxi",
        "text": "txt text log nfo readme changelog",
        "note": "md markdown mkd mdx org rst adoc asciidoc tex latex bib one textile wiki",
        "web page": "html htm xhtml mhtml mht webarchive",
        "mail": "eml msg mbox mbx emlx pst ost",
        "ebook": "epub mobi azw azw3 fb2 lit chm",
        "image": "jpg jpeg jpe png gif bmp tif tiff webp heic heif avif ico svg svgz raw cr2 cr3 nef arw dng orf raf"
        " psd xcf jp2 jxl",
        "drawing": "odg vsd vsdx drawio dia dwg dxf pub ai eps ps",
        "audio": "mp3 flac ogg oga opus wav m4a aac wma aiff aif mid midi ape amr m4b",
        "video": "mp4 m4v mkv mov avi webm wmv flv mpg mpeg 3gp ogv m2ts",
        "subtitle": "srt vtt ass ssa sub sbv",
        "archive": "zip tar tar.gz tar.bz2 tar.xz tar.zst tgz tbz2 txz tzst gz bz2 xz zst lz4 7z rar jar war cpio"
        " iso deb rpm apk ar cab lzma whl",
        "notebook": "ipynb",
        "code": "py pyi pyx pxd ipy js mjs cjs jsx ts mts cts tsx vue svelte c h cc cpp cxx c++ hpp hh hxx ino m mm cs"
        " java kt kts scala groovy gradle go rs rb erb rake php pl pm t lua r jl swift dart ex exs erl hrl hs lhs"
        " elm ml mli fs fsx fsi clj cljs cljc edn lisp lsp el scm rkt sh bash zsh fish ksh awk sed ps1 psm1 bat cmd"
        " vb vbs bas pas f f77 f90 f95 for asm s v vh sv vhd vhdl sql css scss sass less styl nim zig d cr tcl cu cl"
        " glsl hlsl wgsl proto thrift graphql gql tf hcl nix cmake mk makefile dockerfile rakefile gemfile"
        " jenkinsfile vagrantfile cob cbl ada adb ads pro sol",
        "data": "json jsonl ndjson geojson json5 yaml yml toml xml xsd xsl xslt dtd plist ini cfg conf properties env"
        " sqlite sqlite3 db parquet arrow feather npy npz h5 hdf5 pickle pkl avro accdb mdb po pot pem crt lock"
        " desktop service rss atom kml gpx opml",
        "calendar": "ics vcs ical ifb",
        "contact": "vcf vcard ldif",
        "font": "ttf otf woff woff2 eot",
        "program": "exe dll so dylib bin o a class pyc msi appimage elf ko",
        "manual page": "1 2 3 4 5 6 7 8 9 man",
    }.items()
}
"""Family name → its extensions; where an extension stands in two, the first counts."""

_LANGUAGES = {
    "python": "py pyi pyx pxd ipy",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts tsx",
    "c": "c h",
    "c++": "cc cpp cxx c++ hpp hh hxx h ino",
    "c#": "cs",
    "objective-c": "m mm",
    "java": "java",
    "kotlin": "kt kts",
    "scala": "scala",
    "groovy": "groovy gradle jenkinsfile",
    "go": "go",
    "rust": "rs",
    "ruby": "rb erb rake rakefile gemfile vagrantfile",
    "php": "php",
    "perl": "pl pm t",
    "lua": "lua",
    "julia": "jl",
    "r": "r",
    "swift": "swift",
    "dart": "dart",
    "elixir": "ex exs",
    "erlang": "erl hrl",
    "haskell": "hs lhs",
    "ocaml": "ml mli",
    "f#": "fs fsx fsi",
    "clojure": "clj cljs cljc edn",
    "lisp": "lisp lsp el scm rkt",
    "shell": "sh bash zsh fish ksh",
    "powershell": "ps1 psm1",
    "sql": "sql",
    "css": "css scss sass less styl",
    "zig": "zig",
    "nim": "nim",
    "protobuf": "proto",
    "make": "makefile mk",
    "docker": "dockerfile",
}
"""Programming language → its extensions."""

_LANGUAGE_OF = {extension: language for language, line in reversed(_LANGUAGES.items()) for extension in line.split()}

_TEXTLIKE = FAMILIES["text"] | FAMILIES["note"] | FAMILIES["code"] | FAMILIES["data"] | FAMILIES["manual page"] | {
    "csv", "tsv", "html", "htm", "xhtml", "srt", "vtt", "svg", "ics", "vcf",
}  # fmt: skip

_WORDS: dict[str, str] = {
    "pdf": "pdf",
    "portable document": "pdf",
    "photo photograph snapshot": "@photo",
    "picture image pic img": "@image",
    "screenshot": "@screenshot",
    "drawing diagram": "@drawing svg",
    "spreadsheet workbook excel worksheet": "@spreadsheet",
    "word": "doc docx docm odt rtf",
    "powerpoint": "@presentation",
    "table": "@spreadsheet",
    "presentation slide slideshow deck slidedeck": "@presentation",
    "document doc": "@document @note @text pdf",
    "letter": "@document pdf txt",
    "text textfile plaintext": "@text md rst org",
    "note": "@note @text ipynb",
    "markdown": "md markdown mkd mdx",
    "log logfile": "log",
    "webpage html website": "@web_page",
    "mail email e-mail message": "@mail",
    "mailbox": "mbox mbx pst ost",
    "book ebook e-book": "@ebook pdf",
    "music song track": "@audio",
    "audio sound recording podcast": "@audio",
    "video movie film clip": "@video",
    "subtitle caption": "@subtitle",
    "media": "@image @audio @video",
    "archive tarball backup": "@archive",
    "zipfile": "zip",
    "notebook jupyter": "ipynb",
    "code source sourcecode program script": "@code ipynb",
    "config configuration settings": "ini cfg conf toml yaml yml json properties env",
    "data dataset": "@data csv tsv dbf",
    "database": "sqlite sqlite3 db accdb mdb dbf sql",
    "calendar appointment": "@calendar",
    "contact": "@contact",
    "font": "@font",
    "executable binary": "@program",
    "manpage": "1 2 3 4 5 6 7 8 9 man",
    "latex": "tex latex bib",
}
"""Words people say → extensions, ``@family`` for all of one (photographs and screenshots are parts of images)."""

_PARTS = {
    "photo": "jpg jpeg jpe heic heif raw cr2 cr3 nef arw dng orf raf tif tiff png webp avif jxl",
    "screenshot": "png jpg jpeg webp",
}

AMBIGUOUS_WORDS = frozenset(
    "one key pages numbers go r c d m t f s v a o ex for pro text log doc class db sub ass bin lock env service desktop"
    " man readme changelog raw word table book message letter program script data media source clip track deck film"
    " backup settings contact message recording note notes document documents".split()
)
"""Words of everyday speech that also name a kind: in a sentence they need more evidence than standing there."""

_WHOLE_NAMES = frozenset("makefile dockerfile rakefile gemfile jenkinsfile vagrantfile readme changelog".split())
_COMPRESSIONS = frozenset({"gz", "bz2", "xz", "zst"})
_SHORT_TAR = {"tgz": "tar.gz", "tbz2": "tar.bz2", "txz": "tar.xz", "tzst": "tar.zst"}
_LONGEST = 12


def extension(name: bytes) -> str:
    """The extension of a file name: lower case, no dot, ``""`` where there is none.

    ``a.tar.gz`` gives ``tar.gz`` (so does ``a.tgz``), ``notes.txt.gz`` gives ``txt.gz``, and a few names that stand
    for their kind give themselves (``Makefile`` → ``makefile``).
    """
    base = name.rsplit(b"/", 1)[-1].lower()
    if not base.isascii():
        base = base[-2 * _LONGEST :]
    stem, dot, last = base.rpartition(b".")
    if not dot or not stem:
        whole = base.decode("ascii", "replace")
        return whole if whole in _WHOLE_NAMES else ""
    ext = _clean(last)
    if ext in _SHORT_TAR:
        return _SHORT_TAR[ext]
    if ext in _COMPRESSIONS:
        inner_stem, inner_dot, inner_last = stem.rpartition(b".")
        inner = _clean(inner_last) if inner_dot and inner_stem else ""
        if inner == "tar" or (ext == "gz" and inner in _TEXTLIKE):
            return f"{inner}.{ext}"
    return ext


def types_for(word: str) -> frozenset[str] | None:
    """The extensions that a word stands for (``photos``, ``spreadsheet``, ``python``, ``.docx``), None if none does."""
    word = word.strip().casefold()
    bare = word.removeprefix(".").removeprefix("*.")
    if not word.startswith((".", "*.")):
        said = _spoken(word)
        if said is not None:
            return said
    if bare in _FAMILY_OF:
        return _with_gzipped(frozenset({bare}))
    inner = bare.removesuffix(".gz")
    return frozenset({bare}) if inner in _TEXTLIKE and inner != bare else None


def family(ext: str) -> str:
    """The family an extension belongs to, for display: ``document``, ``image`` … ``file`` where it is not known."""
    return _FAMILY_OF.get(ext) or _FAMILY_OF.get(ext.removesuffix(".gz"), "file")


def language(ext: str) -> str | None:
    """The programming language of an extension (``py`` → ``python``), None for what is no source code."""
    return _LANGUAGE_OF.get(ext)


def is_textlike(ext: str) -> bool:
    """Whether files of this extension are text that a person could read in an editor."""
    return ext in _TEXTLIKE


def _clean(part: bytes) -> str:
    if not part or len(part) > _LONGEST or not part.isascii():
        return ""
    text = part.decode("ascii")
    return text if text.replace("+", "").replace("_", "").replace("-", "").isalnum() else ""


def _spoken(word: str) -> frozenset[str] | None:
    for form in (word, word.removesuffix("files").strip(), word.removesuffix("file").strip(), *_singulars(word)):
        if form in _SPOKEN:
            return _SPOKEN[form]
    return None


def _singulars(word: str) -> tuple[str, ...]:
    if word.endswith("ies"):
        return (word[:-3] + "y", word[:-1])
    if word.endswith("es"):
        return (word[:-1], word[:-2])
    return (word[:-1],) if word.endswith("s") and len(word) > 3 else ()


def _with_gzipped(extensions: frozenset[str]) -> frozenset[str]:
    return extensions | {f"{e}.gz" for e in extensions & _TEXTLIKE}


def _expand(line: str) -> frozenset[str]:
    found: set[str] = set()
    for item in line.split():
        if not item.startswith("@"):
            found.add(item)
        elif item[1:] in _PARTS:
            found.update(_PARTS[item[1:]].split())
        else:
            found.update(FAMILIES[item[1:].replace("_", " ")])
    return _with_gzipped(frozenset(found))


_FAMILY_OF = {ext: name for name, exts in reversed(FAMILIES.items()) for ext in exts}
_SPOKEN = {word: _expand(line) for words, line in _WORDS.items() for word in words.split()} | {
    name: _with_gzipped(frozenset(line.split())) for name, line in _LANGUAGES.items() if len(name) > 1
}
