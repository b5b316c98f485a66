"""Sentences that look for files, list, summarise and compare them, and questions."""

from __future__ import annotations

from lsfs.plan.request import Action, Ask, Compare, Find, List, SaveQuery, Summarize
from lsfs.plan.rules.chosen import Chosen, each
from lsfs.plan.rules.grammar import Got, Rule, rules


def _found(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"]
    made: list[Action] = []
    for one in files:
        slots = one.slots()
        for slot in ("time", "folder"):
            if slot in got:
                if slots[slot]:
                    return None
                slots[slot] = got[slot]
        made.append(Find(**slots))
    return tuple(made)


def _listed(got: Got) -> tuple[Action, ...] | None:
    if "time" in got:
        return _found(got)
    files: tuple[Chosen, ...] = got.get("what", (Chosen(),))
    folder = got.get("in", "")
    if folder and any(one.folder for one in files):
        return None
    return tuple(List(**(one.slots() | ({"folder": folder} if folder else {}))) for one in files)


def _described(got: Got) -> tuple[Action, ...] | None:
    return (Find(what=(got["about"],)),)


def _asked(got: Got) -> tuple[Action, ...] | None:
    return (Ask(),)


def _summarized(got: Got) -> tuple[Action, ...] | None:
    return each(Summarize, got["what"])


def _compared(got: Got) -> tuple[Action, ...] | None:
    one: Chosen = got["one"]
    if "other" not in got:
        return (Compare(**one.slots()),)
    other: Chosen = got["other"]
    if one.limited or other.limited:
        # Limits of two documents do not fit into one action: they stay in the descriptions.
        return None
    return (Compare(what=(*one.what, *other.what)),)


def _compared_words(got: Got) -> tuple[Action, ...] | None:
    return (Compare(what=(got["a"], got["b"]) if "b" in got else (got["a"],)),)


def _saved(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got.get("what", (Chosen(),))
    return each(SaveQuery, files, name=got["name"]) if len(files) == 1 else None


_WHERE = (
    "(where is|where are|where's|where was|where did i (put|save|leave|store|keep|file)|where have i (put|saved|left"
    "|stored|kept|filed)"
)
_WHERE += "|where do i keep|where can i find|where do i find|where on earth is|where the hell is)"
_HAVE = (
    "(do i have|have i got|did i save|do we have|have we got|is there|are there|did i keep|have i saved|have i kept)"
)
_FIND = rules(
    _found,
    "@find [me|us] {what:reading} [for me|somewhere|anywhere|again]",
    "@find [me] {what:reading} (somewhere|anywhere) in {folder:folder}",
    "(show me|show|display) {what:reading}",
    "@show {what:sought}",
    f"{_WHERE} {{what:sought}} [again|now|kept|stored|saved|gone|hidden]",
    f"{_HAVE} [any|some|a|an] {{what:sought}} [somewhere|anywhere]",
    "(which|what) {what:kinds} (did i|have i|did we|have we|i|i've|i have) [last] (change|changed|edit|edited|modify"
    "|modified|create|created|make|made|save|saved|write|written|update|updated|touch|touched|download|downloaded"
    "|take|taken|add|added|work on|worked on|open|opened|scan|scanned|receive|received|get|got|draft|drafted)"
    " {time:when}",
    "which {what:kinds} (did i|have i|did we|have we|i) [last] (rename|renamed|move|moved|delete|deleted|work on"
    "|worked on|alter|altered) {time:when}",
    "(which|what) {what:limited} [do i have|have i got|are there|exist|did i (save|keep|write|make|get)|have i (saved"
    "|kept|written)]",
    "(which|what) {what:topical}",
    "i (need|want|am looking for|'m looking for|can't find|cannot find) {what:sought}",
    "(i'm looking for|i am looking for|looking for|i can't find|i cannot find|i've lost|i have lost|i lost|i'm trying"
    " to find|i'm searching for|help me find|i'm after|any idea where|remind me where) {what:reading} [is|are|anymore"
    "|any more|anywhere]",
    "(can i see|could i see|may i see|i'd like to see|i want to see|i need to see|let's see|let's have) {what:reading}",
)
_DESCRIBED = rules(
    _described,
    "i (wrote|made|saved|had|have|scanned|downloaded|took|kept|once wrote|once made|once typed out|typed|typed out"
    "|got|received|drew|started|created|put|drafted|recorded|once had|remember writing|once saved|remember) [up|down"
    "|out] [a|an|some|the|my] {about:sought_words} [,|;|.|but|and|:] [but|and|though] {rest:remark} [.|,|;|?|:|and]"
    " [please] [can you|could you|would you] [please] (find|look for|locate|search for|dig out|get me|show me) (it"
    "|them|that) [for me] [please]",
    "i (wrote|made|saved|had|have|scanned|downloaded|took|kept|once wrote|typed|typed out|got|received|drew|started"
    "|created|drafted|recorded) [up|down|out] [a|an|some|the|my] {about:sought_words} [.|,|;|:] [and|so] [please]"
    " [can you|could you|would you] [please] (find|look for|locate|search for|dig out|get me|show me) (it|them|that)"
    " [for me] [please]",
    "{about:sought_words} (.|,|;|?|!|but|and|–|-) {rest:remark} [.|,|;|?|:|and|!] [please] [can you|could you|would"
    " you] [please] @find_it",
    "{about:sought_words} [.|,|;|?|!|:] [so|and] [please] [can you|could you|would you] [please] @find_it",
    "there (is|was|are|were|must be|should be) (a|an|some|the) {about:sought_words} [.|,|;|:] [and|so|but] [please]"
    " [can you|could you|would you] [please] (find|look for|locate|search for|dig out|get me|show me) (it|them|that)"
    " [for me] [please]",
)
_LIST = rules(
    _listed,
    "@list {what:reading} [that i have|i have]",
    "(what is|what's|whats|what are|what do i have|what have i got|what do we have|what lies|what files are|what"
    " files are there|which files are|which files are there|what documents are|what all is|what's there|what is"
    " there) (in|inside|under|within|on|stored in|kept in|lying in) {in:folder} [right now|at the moment|now]",
    "what does {in:folder} (contain|hold|have in it)",
    "(@show|list|tell me) (what is|what's|whats) (in|inside|under|on) {in:folder}",
    "(@show|list|give me|what are) [me] [the] (contents|content) of {in:folder}",
    "(contents|content) of {in:folder}",
    "@list {in:folder}",
    "(@show|give me|list) [me] [a list of] {what:plural}",
    "(a list of|list of) {what:plural}",
    "(how many) {what:kinds} (are|do i have|have i got|are there|is there|did i save|have i|lie|do i keep|exist)"
    " [there] [in|inside|under|within|on] {in:folder}",
    "(how many) {what:kinds} (are there|do i have|have i got|do i have altogether|are there in all)",
    "(which|what) {what:kinds} (are|do i have|have i got|lie|live|sit) [there] (in|inside|under|within|on) {in:folder}",
    "(what|which) {what:kinds} (do i have|have i got|are there|do we have|did i get|have i) {time:when}",
    "what (have we got|have i got|do we have|do i have|did i put|have i put|did i save|is there|is stored|is kept)"
    " (in|inside|under|on) {in:folder}",
    "(is there anything|anything) (in|inside|under) {in:folder}",
)
_LENGTH = (
    "[,] [in|into|down to|to|with|as] [at most|no more than|about|around|just|only] [a|an|one|two|three|four|five|six"
    "|{n:number}|a few|a couple of] [or|to] [two|three|four|five|six] [short|brief|simple|bullet] (sentence|sentences"
    "|lines|line|words|word|points|paragraph|paragraphs|bullets|bullet points|nutshell|short|brief)"
)
_GIST = (
    "(gist|summary|short summary|overview|main points|key points|short version|brief summary|quick summary|tl;dr|tldr"
    "|essence|bottom line|outline|synopsis|digest|abstract|important points|essentials|highlights|rundown|brief"
    " overview|short overview|main idea|main ideas|condensed version|upshot)"
)
_SUMMARIZE = rules(
    _summarized,
    f"@summarize [for me] [me] [:|of|what is in|what's in] {{what:reading}} [{_LENGTH}]",
    f"boil {{what:reading}} down [{_LENGTH}]",
    f"sum {{what:reading}} up [{_LENGTH}]",
    f"(give me|show me|write|write me|get me|i want|i need|i'd like|let me have|tell me|make|make me) [a|an|the]"
    f" {_GIST} (of|for|from) {{what:reading}} [{_LENGTH}]",
    f"(what is|what's|what are|whats) the {_GIST} (of|in) {{what:reading}} [{_LENGTH}]",
    f"[a|the] {_GIST} (of|for) {{what:reading}} [{_LENGTH}]",
    "(what does|what do) {what:reading} (say|tell|cover|contain|boil down to|come down to) [,] (in short|in brief|in a"
    " nutshell|in a few words|briefly|roughly|basically)",
    "(in short|in brief|in a nutshell|briefly) [,] what (does|do) {what:reading} say",
    "what is {what:exact} about",
    "tell me (briefly|in short|in a few words|in a nutshell|shortly|roughly) (what is in|what's in|what stands in)"
    " {what:reading}",
    "tell me what {what:exact} (is about|says)",
    f"tell me {_LENGTH} what {{what:reading}} (says|say|contains|contain)",
    "{what:sought} in (one|two|three|four|five|a few|a couple of) [or|to] [two|three|four|five|six] [short] (sentence"
    "|sentences|lines|words|bullet points|points|words)",
)
_ALSO_SAY = (
    "[[,|;|.|:] [and|then] (tell me|say|show me|show|explain|list|point out|also|which|what|note|where|how) {rest:any}]"
)
_COMPARE = (
    *rules(
        _compared,
        f"@compare {{one:one_read}} (with|against|versus|vs) {{other:one_read}} {_ALSO_SAY}",
        f"@compare {{one:one_read}} and {{other:one_read}} {_ALSO_SAY}",
        f"@compare {{one:one_read}} to {{other:one_read}} {_ALSO_SAY}",
        "(what is|what's|what are|whats|show me|tell me|show|list|find|give me|explain|tell me what is|tell me"
        " what's) [all] [the] (difference|differences"
        f"|main difference|main differences) between {{one:one_read}} and {{other:one_read}} {_ALSO_SAY}",
        "(how|where|in what way|in which way|in what ways|in which ways) (do|does|did|are|is|was|were) {one:one_read}"
        " and {other:one_read} (differ|different|disagree|unlike|compare)",
        "(how|where|in what way|in what ways) (does|do|did|is|are|was|were) {one:one_read} (differ from|different"
        " from|unlike|compare with|compare to|deviate from)"
        f" {{other:one_read}} {_ALSO_SAY}",
        "[the] (difference|differences) between {one:one_read} and {other:one_read}",
        "(set|put|hold|lay) {one:one_read} (against|beside|next to|side by side with) {other:one_read}",
        "{one:one_read} (versus|vs|compared with|compared to|or) {other:one_read} [,|:] what is different",
        "(what has|what's|what is) (changed|different|new) between {one:one_read} and {other:one_read}",
        "diff {one:exact_one} {other:exact_one}",
        "are {one:one_read} and {other:one_read} (the same|identical|different|equal)",
    ),
    *rules(
        _compared_words,
        f"@compare {{a:any}} (with|against|versus) {{b:any}} {_ALSO_SAY}",
        "(how|where|in what way|in what ways) (do|does|did) {a:any} (differ|disagree)",
        "(what is|what's|what are|whats|show me|tell me) [all] [the] (difference|differences|main difference|main"
        " differences) between {a:any} and {b:any}",
        "@compare {a:any}",
    ),
)
_SAVE = rules(
    _saved,
    "(save|keep|remember|store) [the|this|that|my|a] (search|query|saved search) (for|of|:) {what:reading} (as|under"
    "|under the name|called|named|and call it) {name:name}",
    "(save|keep|remember|store) (the|this|that|my) [last] (search|query) (as|under|under the name|called) {name:name}",
    "(make|create) a (saved search|saved query|smart folder|live folder) (called|named) {name:name} (for|of|with)"
    " {what:reading}",
    "(make|create|save) a (saved search|saved query|search|query) (for|of|with) {what:reading} (called|named|as|and"
    " call it) {name:name}",
    "(save|keep|store) {what:reading} as a (search|query|saved search|saved query) (called|named) {name:name}",
)
_ASK = rules(
    _asked,
    "(tell me|know|find out|figure out|do you know|can you tell me|remind me|say|i wonder|i'd like to know|i want to"
    " know|i need to know) (who|whom|whose|what|when|where|why|how|which|if|whether) {rest:any}",
    "according to {rest:any} (who|what|when|where|why|how|which|is|are|does|do|did) {rest2:any}",
)
RULES: tuple[Rule, ...] = _SAVE + _SUMMARIZE + _COMPARE + _DESCRIBED + _LIST + _ASK
FINDING: tuple[Rule, ...] = _FIND
"""Tried after the questions about the tree, before questions to the files."""
