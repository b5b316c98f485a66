"""Words that carry grammar and no topic, by language, and which of a query's words are left without them.

Question words are among them: texts answer "what is …" without saying "what".
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence

_LISTS = {
    "en": "a an the of in on at to for from by with as is are was were be been being am do does did done has have"
    " had having will would can could shall should may might must what which who whom whose when where why how"
    " that this these those it its and or but not nor no if than then there their they them he him his she her"
    " hers you your yours i me my mine we us our ours s t re ve ll d m don doesn isn",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine keinen in im an"
    " am auf aus bei beim bis durch für gegen mit nach ohne seit um unter über von vom vor zu zum zur zwischen"
    " ist sind war waren wird werden wurde wurden worden sein bin hat haben hatte hatten kann können konnte"
    " konnten muss müssen soll sollte darf was wer wen wem wessen wie wo wann warum wieso weshalb woher wohin"
    " welche welcher welches welchen welchem als wenn dass ob da dort er sie es ihr ihre ihren ihrem ihrer"
    " seine seinen seiner seinem man sich auch nur noch so wir uns ich mich mir du diese dieser dieses diesem"
    " diesen",
    "fr": "le la les l un une des du de d et ou mais ne pas en dans à au aux par pour avec sans sur sous entre chez"
    " est sont était étaient être été a ont avait avaient avoir peut peuvent doit qui que qu quoi quel quelle"
    " quels quelles quand où pourquoi comment combien dont ce cet cette ces c il elle ils elles on je j tu nous"
    " vous se s son sa ses leur leurs mon ma mes notre votre y n si plus",
    "es": "el la los las un una unos unas de del y o u pero no en a al con sin por para sobre entre desde hasta es"
    " son era eran fue fueron ser sido está están ha han había haber puede pueden debe que qué quien quién"
    " quienes cual cuál cuáles cuando cuándo donde dónde cómo como cuánto cuántos cuántas se su sus lo le les"
    " me mi mis tu tus yo él ella ellos nos este esta estos estas eso esa si más",
    "it": "il lo la i gli le l un uno una di del dello della dei degli delle e ed o ma non in nel nella nei nelle a"
    " al alla ai alle con senza per su sul sulla tra fra da dal dalla è sono era erano essere stato ha hanno"
    " aveva avere può possono deve che chi cosa quale quali quando dove come perché quanto quanti quante si suo"
    " sua suoi sue mi mio mia ci vi questo questa questi queste se più",
    "pt": "o a os as um uma uns umas de do da dos das e ou mas não em no na nos nas ao à aos às com sem por pelo"
    " pela para sobre entre desde até é são era eram foi foram ser sido está estão tem têm tinha ter pode podem"
    " deve que quem qual quais quando onde como porque quanto quantos quantas se seu sua seus suas lhe me meu"
    " minha eu ele ela eles nós este esta isso essa mais",
    "nl": "de het een en of maar niet geen in op aan bij tot voor van uit met zonder door over onder tussen naar is"
    " zijn was waren wordt worden werd werden ben heeft hebben had hadden kan kunnen kon moet moeten zal zou"
    " mag wat wie welke welk wanneer waar waarom hoe hoeveel dat dit deze die er hij zij ze hun haar ik jij je"
    " u wij we ons men zich ook nog als dan",
}


def content_words(words: Sequence[str]) -> list[str]:
    """`words` without the function words of their language; all of them where nothing else is left.

    The language is the one whose function words the query has most of, another than English only if it has two, so
    that *war and peace* and *die hard* stay whole but for the *and*.
    """
    folded = [_fold(word) for word in words]
    lists = _function_words()
    held = {language: sum(word in known for word in folded) for language, known in lists.items()}
    most = max(held, key=lambda language: held[language])
    best = lists[most if held[most] > 1 else "en"]
    return [word for word, plain in zip(words, folded, strict=True) if plain not in best] or list(words)


@functools.lru_cache(maxsize=1 << 15)
def is_function_word(word: str) -> bool:
    """Whether a word carries grammar and no topic in one of the languages."""
    plain = _fold(word)
    return any(plain in known for known in _function_words().values())


def _fold(word: str) -> str:
    """Lower case without accents, as the full-text index has it."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@functools.cache
def _function_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(map(_fold, words.split())) for language, words in _LISTS.items()}
