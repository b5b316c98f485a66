"""Believable documents on many subjects, as text, docx and pdf, told apart by what they say alone."""

from __future__ import annotations

import io
import itertools
import random
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from corpus import some_sentence, some_words, text_files

SEED = 11

SUBJECTS = [
    ("beekeeping", "insects that make honey", "hives,swarm,honeycomb,queen bee,smoker"),
    ("pottery", "things shaped of clay", "kiln,glaze,stoneware,wheel,earthenware"),
    ("rowing", "a sport in narrow boats", "oars,coxswain,regatta,boathouse,sculls"),
    ("astronomy", "watching the sky at night", "telescope,nebula,eclipse,observatory,comet"),
    ("viticulture", "growing grapes", "vineyard,harvest,barrels,tannin,pruning"),
    ("carpentry", "furniture made of timber", "dovetail,oak,chisel,veneer,workbench"),
    ("cardiology", "illnesses of the heart", "arrhythmia,stent,ventricle,electrocardiogram,valve"),
    ("choir", "people who sing together", "soprano,rehearsal,cantata,conductor,hymn"),
    ("chess", "a board game of kings and pawns", "gambit,endgame,checkmate,grandmaster,opening"),
    ("insulation", "keeping houses warm", "loft,cavity wall,draught,cellulose,glazing"),
    ("locomotives", "old railway engines", "boiler,tender,footplate,siding,whistle"),
    ("orchids", "rare flowers in pots", "rhizome,petals,greenhouse,humidity,pollen"),
    ("taxation", "money owed to the state", "allowance,declaration,revenue,deduction,assessment"),
    ("sailing", "travelling by wind over water", "mainsail,keel,mooring,rigging,spinnaker"),
    ("archaeology", "digging for remains of the past", "trench,shards,excavation,burial,stratum"),
    ("baking", "making loaves", "sourdough,oven,yeast,crust,flour"),
    ("mountaineering", "climbing high peaks", "crampons,belay,summit,crevasse,ridge"),
    ("weaving", "cloth made on a loom", "warp,shuttle,linen,tapestry,heddle"),
    ("forestry", "looking after woods", "felling,sapling,spruce,thinning,bark"),
    ("insurance", "cover against damage", "premium,claim,policy,liability,excess"),
    ("cheese", "food from the milk of goats", "curd,rennet,rind,whey,cellar"),
    ("bicycles", "repairing two-wheelers", "spokes,derailleur,saddle,bottom bracket,chain"),
    ("theatre", "plays on a stage", "rehearsals,costumes,spotlight,prompter,matinee"),
    ("plumbing", "leaking pipes", "tap,stopcock,solder,radiator,gasket"),
    ("tenancy", "renting a flat", "deposit,landlord,notice,lease,inventory"),
]
"""Subject, the same in other words, and words that only documents about it have."""
PLACES = (
    "Ludlow Kendal Whitby Falmouth Oban Conwy Totnes Hexham Skipton Bakewell Penzance Buxton Tenby Alnwick Keswick "
    "Frome Malton Settle Dunbar Wells Brecon Cromer Louth Rye Bude Thirsk Ripon Hythe Deal Otley Stroud Nairn Peebles "
    "Moffat Crieff Dulverton Ambleside Southwold Aldeburgh Lynton"
).split()
KINDS = ("letter", "report", "minutes", "notes", "estimate")
PEOPLE = ("Ada Flint", "Otto Brandt", "Ruth Vance", "Simon Pell", "Nora Kemp", "Harald Moss", "Iris Cole", "Tom Reeve")
_SENTENCES = (
    "We spoke about the {word} for most of the morning.",
    "{person} thinks that the {word} has to be seen to before the winter.",
    "The {word} cost {amount} pounds in {year}.",
    "Nothing has been decided yet on the {word}.",
    "In {place} the {word} is better known than elsewhere.",
    "Please send {person} the papers on the {word} by {day} May.",
    "A second look at the {word} showed that {amount} is too much.",
)
_USUAL = "The next meeting is on a Tuesday.|Copies go to all who were there.|The rest is as it was last year."


class Document(NamedTuple):
    """A file, what it says, and how it is asked for."""

    name: str
    text: str
    words: str
    """A few of its words, which find it."""
    asked: str
    """In other words than its own, where it is a made one."""


def made_documents(count: int, suffixes: Sequence[str]) -> list[Document]:
    """So many documents, the first ones the same whatever the count."""
    rng = random.Random(SEED)
    pairs = list(itertools.product(SUBJECTS, PLACES))
    rng.shuffle(pairs)
    made = []
    for number in range(count):
        (subject, other, words), place = pairs[number % len(pairs)]
        kind = rng.choice(KINDS)
        person = rng.choice(PEOPLE)
        lines = [f"{kind.capitalize()} from {place}, by {person}", ""]
        for paragraph in range(3):
            first = subject if paragraph == 0 else rng.choice(words.split(","))
            chosen = [first, *rng.sample(words.split(","), 4)]
            said = [
                rng.choice(_SENTENCES).format(
                    word=word,
                    person=rng.choice(PEOPLE),
                    place=place,
                    amount=rng.randrange(20, 900),
                    year=rng.randrange(2012, 2025),
                    day=rng.randrange(1, 30),
                )
                for word in chosen
            ]
            lines += [" ".join([*said, rng.choice(_USUAL.split("|"))]), ""]
        name = f"{kind}-{number:04d}{suffixes[number % len(suffixes)]}"
        made.append(Document(name, "\n".join(lines), f"{kind} about {subject} in {place}", f"{other} in {place}"))
    return made


def taken_documents(folder: Path, count: int) -> list[Document]:
    """Text files of a folder, asked for by a sentence of theirs."""
    rng = random.Random(SEED)
    found = []
    for path in text_files(folder):
        text = path.read_text(encoding="utf-8", errors="replace")
        sentence = some_sentence(rng, text)
        if sentence and some_words(random.Random(SEED), text):
            found.append(Document(f"{len(found):04d}-{path.name}", text, some_words(rng, text), sentence))
        if len(found) == count:
            break
    if len(found) < 4:
        raise SystemExit(f"{folder} has not enough text files")
    return found


def write_documents(folder: Path, documents: Sequence[Document]) -> None:
    """Writes the documents as what their names say."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in documents:
        (folder / one.name).write_bytes(file_bytes(one.name, one.text))


def file_bytes(name: str, text: str) -> bytes:
    """A text as a file of the kind that a name says."""
    if name.endswith(".docx"):
        return docx_bytes(text)
    return pdf_bytes(text) if name.endswith(".pdf") else text.encode()


def docx_bytes(text: str) -> bytes:
    """The least that is a document of Office Open XML."""
    office = "http://schemas.openxmlformats.org"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    lines = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in text.split("\n"))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types"><Default Extension="rels" '
        f'ContentType="{rels}"/><Override PartName="/word/document.xml" ContentType="{word}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="rId1" Type='
        f'"{office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{office}/wordprocessingml/2006/main"><w:body>{lines}</w:body>'
        "</w:document>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in parts.items():
            whole = f'<?xml version="1.0" encoding="UTF-8"?>{body}'
            archive.writestr(zipfile.ZipInfo(name), whole, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pdf_bytes(text: str) -> bytes:
    """A page of text (PDF 1.4)."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines.append("")
        for word in line.split():
            if len(lines[-1]) + len(word) > 85:
                lines.append("")
            lines[-1] += f"{word} "
    safe = (line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in lines)
    shown = " ".join(f"({line}) Tj T*" for line in safe)
    stream = zlib.compress(f"BT /F1 11 Tf 14 TL 50 790 Td {shown} ET".encode("cp1252", "replace"))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)
