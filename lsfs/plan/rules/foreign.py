"""The commonest sentences in German, French, Spanish and Italian, with names that can mean nothing else."""

from __future__ import annotations

from typing import Any

from lsfs.plan.request import Action, Append, Copy, Create, Find, Mkdir, Move, Rename, Restore, Summarize, Trash
from lsfs.plan.rules.chosen import Chosen, each
from lsfs.plan.rules.grammar import Got, Make, Rule, rules


def _each(kind: type[Any], *slots: str) -> Make:
    def make(got: Got) -> tuple[Action, ...] | None:
        return each(kind, got["what"], **{slot: got.get(slot, "") for slot in slots})

    return make


def _renamed(got: Got) -> tuple[Action, ...] | None:
    one: Chosen = got["what"]
    return each(Rename, (one,), name=got["name"])


def _restored(version: str) -> Make:
    def make(got: Got) -> tuple[Action, ...] | None:
        return each(Restore, got["what"], version=version)

    return make


def _folder(got: Got) -> tuple[Action, ...] | None:
    return (Mkdir(name=got["name"], folder=got.get("in", "")),)


def _file(got: Got) -> tuple[Action, ...] | None:
    return (Create(name=got["name"], folder=got.get("in", ""), text=got.get("text", "")),)


def _line(got: Got) -> tuple[Action, ...] | None:
    to: Chosen = got["to"]
    return (Append(to=to.what[0], folder=to.folder, text=got["text"]),)


def _words(got: Got) -> tuple[Action, ...] | None:
    return (Find(what=(got["words"],)),)


_DE_FILE = "[die|den|das|der|mein|meine|meinen|alle] [datei|dokument|ordner]"
_DE_TO = "(nach|in den ordner|in das verzeichnis|ins verzeichnis|in|in den|ins|zu)"
_FR_FILE = "[le|la|les] [fichier|document|dossier]"
_FR_TO = "(vers|dans|dans le dossier|vers le dossier|en|dans le répertoire)"
_ES_FILE = "[el|la] [archivo|fichero|documento|carpeta]"
_ES_TO = "(a|en|a la carpeta|en la carpeta|dentro de|al directorio)"
_IT_FILE = "[il|la|lo] [file|documento|cartella]"
_IT_TO = "(in|nella cartella|nella|a|dentro)"

_GERMAN = (
    *rules(
        _each(Move, "to"),
        f"(verschiebe|verschieb|bewege|beweg|schiebe|leg|lege|räume|packe|pack|stecke) [bitte] {_DE_FILE}"
        f" {{what:described}} {_DE_TO}"
        " {to:place}",
    ),
    *rules(_each(Copy, "to"), f"(kopiere|kopier) [bitte] {_DE_FILE} {{what:described}} {_DE_TO} {{to:place}}"),
    *rules(
        _each(Trash),
        f"(lösche|lösch|entferne|entfern) [bitte] {_DE_FILE} {{what:described}}",
        f"(wirf|schmeiß|schmeiss) [bitte] {_DE_FILE} {{what:described}} (weg|in den papierkorb)",
    ),
    *rules(
        _renamed,
        f"(benenne|benenn|nenne|nenn) [bitte] {_DE_FILE} {{what:exact_one}} (in|zu|als|) {{name:name}} um",
        f"(nenne|nenn) [bitte] {_DE_FILE} {{what:exact_one}} {{name:ended}}",
    ),
    *rules(
        _folder,
        "(erstelle|erstell|mach|mache|leg|lege) [bitte] [mir] [einen|den|ein|das] [neuen|neues] (ordner|verzeichnis"
        "|unterordner) [namens|mit dem namen] {name:new_folder} [(in|unter) {in:place}] [an]",
        "[neuer|neues] (ordner|verzeichnis) {name:new_folder} [(in|unter) {in:place}]",
        "(erstelle|erstell|mach|mache|leg|lege) [bitte] (in|unter) {in:place} [einen|den|ein|das] [neuen|neues]"
        " (ordner|verzeichnis|unterordner) [namens|mit dem namen] {name:new_folder} [an]",
    ),
    *rules(
        _file,
        "(erstelle|erstell|mach|mache|leg|lege) [bitte] [eine|die|ein] [neue|leere|neues] (datei|textdatei|notiz"
        "|dokument) [namens] {name:ended} [(in|unter) {in:place}] [an] [mit dem (text|inhalt) [:] {text:rest}]",
    ),
    *rules(
        _line,
        "(füge|füg|schreib|schreibe|hänge|häng|setz|setze) [bitte] [die zeile|den text|den satz] {text:quoted} (ans"
        " ende von|am ende von|an|in|zu|ans ende der datei) {to:target} [hinzu|an|ein]",
        "(füge|füg|hänge|häng) [bitte] [am ende|an das ende|ans ende] [von|an] {to:target} [die zeile|den text|den"
        " satz] {text:quoted} (hinzu|an)",
    ),
    *rules(
        _restored("first"),
        "(stelle|stell|hol|hole) [bitte] (die erste|die ursprüngliche|die allererste) (version|fassung) von"
        " {what:described} (wieder her|zurück)",
    ),
    *rules(
        _restored("previous"),
        "(stelle|stell|hol|hole) [bitte] (die vorige|die letzte|die vorherige|die alte|die frühere) (version|fassung)"
        " von {what:described} (wieder her|zurück)",
        "(mach|mache) [bitte] (meine letzte änderung|die letzte änderung) (an|in|von) {what:described} rückgängig",
        "setz[e] [bitte] {what:described} auf die (vorige|letzte|vorherige) (version|fassung) zurück",
    ),
    *rules(_each(Summarize), "fass[e] [mir|bitte] [bitte] {what:reading} [bitte] [kurz] zusammen"),
    *rules(
        _words,
        "(suche|such|finde) [mir|bitte] [nach] [die|den|das|der|alle] {words:foreign_words}",
        "(zeig|zeige) [mir] [bitte] [die|den|das] {words:foreign_words}",
        "wo (ist|sind|liegt|finde ich) [die|der|das] {words:foreign_words}",
    ),
)
_FRENCH = (
    *rules(
        _each(Move, "to"),
        f"(déplace|déplacer|déplacez|mets|mettez|range|transfère|bouge) {_FR_FILE} {{what:described}} {_FR_TO}"
        f" {{to:place}} [stp|svp]",
    ),
    *rules(_each(Copy, "to"), f"(copie|copier|copiez) {_FR_FILE} {{what:described}} {_FR_TO} {{to:place}}"),
    *rules(
        _each(Trash),
        f"(supprime|supprimer|supprimez|efface|effacer|effacez|jette|enlève) {_FR_FILE} {{what:described}}",
        f"(mets|jette|mettez) (à la corbeille|à la poubelle|dans la corbeille) {_FR_FILE} {{what:described}}",
        f"(mets|jette) {_FR_FILE} {{what:described}} (à la corbeille|dans la corbeille|à la poubelle)",
    ),
    *rules(_renamed, f"(renomme|renommer|renommez) {_FR_FILE} {{what:exact_one}} (en|comme) {{name:name}}"),
    *rules(
        _folder,
        "(crée|créer|créez|cree|fais|ajoute) [moi] (un|le) [nouveau] (dossier|répertoire|sous-dossier) [nommé|appelé]"
        " {name:new_folder} [(dans|sous) {in:place}]",
        "(crée|créer|créez|fais) dans {in:place} (un|le) [nouveau] (dossier|répertoire|sous-dossier) [nommé|appelé]"
        " {name:new_folder}",
        "nouveau dossier {name:new_folder} [(dans|sous) {in:place}]",
    ),
    *rules(
        _file,
        "(crée|créer|créez|fais) (un|une|le) [nouveau|nouvelle] (fichier|note|document) [nommé|appelé|vide]"
        " {name:ended} [dans {in:place}] [(avec le texte|qui dit|contenant) [:] {text:rest}]",
    ),
    *rules(
        _line,
        "(ajoute|ajouter|ajoutez|écris|rajoute) [la ligne|le texte] {text:quoted} (à|dans|à la fin de|à la fin du"
        " fichier) {to:target}",
    ),
    *rules(
        _restored("first"),
        "(restaure|restaurer|rétablis|récupère) la (première|toute première) version (de|du fichier) {what:described}",
        "(restaure|restaurer|rétablis|récupère) la version (d'origine|originale|initiale) (de|du fichier)"
        " {what:described}",
    ),
    *rules(
        _restored("previous"),
        "(restaure|restaurer|rétablis|récupère) (la version précédente|la dernière version|l'ancienne version) (de|du"
        " fichier) {what:described}",
        "annule (ma dernière modification|mes dernières modifications|mon dernier changement) (de|dans|du fichier)"
        " {what:described}",
    ),
    *rules(_each(Summarize), f"(résume|résume-moi|résumez|résumer) {_FR_FILE} {{what:reading}} [en {{n:any}}]"),
    *rules(
        _words,
        "(retrouve|retrouve-moi|trouve|trouve-moi|cherche|cherche-moi|recherche|retrouver|chercher|trouver) [la|le"
        "|les|toutes les|tous les] {words:foreign_words}",
        "(montre|montre-moi|affiche) [la|le|les] {words:foreign_words}",
        "où (est|sont|se trouve) [la|le|les] {words:foreign_words}",
    ),
)
_SPANISH = (
    *rules(
        _each(Move, "to"),
        f"(mueve|mover|pon|pasa|traslada|lleva|guarda|mete|coloca) {_ES_FILE} {{what:described}} {_ES_TO} {{to:place}}",
    ),
    *rules(_each(Copy, "to"), f"(copia|copiar|duplica) {_ES_FILE} {{what:described}} {_ES_TO} {{to:place}}"),
    *rules(
        _each(Trash),
        f"(borra|borrar|elimina|eliminar|suprime|quita|tira) {_ES_FILE} {{what:described}}",
        f"(manda|envía|tira|pon|mueve) {_ES_FILE} {{what:described}} a la papelera",
    ),
    *rules(
        _renamed,
        f"(renombra|renombrar) {_ES_FILE} {{what:exact_one}} (a|como|por) {{name:name}}",
        f"(cambia|cámbiale) el nombre de {_ES_FILE} {{what:exact_one}} (a|por) {{name:name}}",
    ),
    *rules(
        _folder,
        "(crea|crear|haz|añade|créame) (una|la) [nueva] (carpeta|subcarpeta) [nueva] [llamada|con el nombre]"
        " {name:new_folder} [(en|dentro de) {in:place}]",
        "(crea|crear|haz) (en|dentro de) {in:place} (una|la) [nueva] (carpeta|subcarpeta) [nueva] [llamada]"
        " {name:new_folder}",
        "nueva carpeta {name:new_folder} [(en|dentro de) {in:place}]",
    ),
    *rules(
        _file,
        "(crea|crear|haz) (un|una|el) [nuevo|nueva] (archivo|fichero|nota|documento) [llamado|llamada|vacío]"
        " {name:ended} [(en|dentro de) {in:place}] [(con el texto|que diga|que dice) [:] {text:rest}]",
    ),
    *rules(
        _line,
        "(añade|añadir|agrega|escribe|pon|apunta) [la línea|el texto|la frase] {text:quoted} (a|al final de|en|al"
        " final del archivo|al final del fichero) {to:target}",
    ),
    *rules(
        _restored("first"),
        "(restaura|restaurar|recupera) la (primera|versión original|versión inicial) [versión] (de|del archivo)"
        " {what:described}",
    ),
    *rules(
        _restored("previous"),
        "(restaura|restaurar|recupera) la (versión anterior|última versión) (de|del archivo) {what:described}",
        "(deshaz|revierte) (mi último cambio|mi última modificación) (de|en|del archivo) {what:described}",
    ),
    *rules(
        _each(Summarize),
        "(hazme|haz|dame) un resumen (de|del) [la|el|las|los] {what:reading}",
        f"(resume|resumir|resúmeme|resumen de) {_ES_FILE} {{what:reading}} [en {{n:any}}]",
    ),
    *rules(
        _words,
        "(busca|buscar|encuentra|búscame|encuéntrame) [el|la|los|las] {words:foreign_words}",
        "(muestra|muéstrame|enséñame) [el|la|los|las] {words:foreign_words}",
        "dónde (está|están) [el|la|los|las] {words:foreign_words}",
    ),
)
_ITALIAN = (
    *rules(
        _each(Move, "to"),
        f"(sposta|spostare|metti|trasferisci|porta) {_IT_FILE} {{what:described}} {_IT_TO} {{to:place}}",
    ),
    *rules(
        _each(Copy, "to"),
        f"(copia|copiare|duplica) {_IT_FILE} {{what:described}} (nella cartella|nella|dentro|in) {{to:place}}",
    ),
    *rules(
        _each(Trash),
        f"(elimina|eliminare|cancella|cancellare|rimuovi|cestina) {_IT_FILE} {{what:described}}",
        f"(butta|metti|sposta) {_IT_FILE} {{what:described}} (nel cestino|via)",
    ),
    *rules(_renamed, f"(rinomina|rinominare) {_IT_FILE} {{what:exact_one}} (in|come|a) {{name:name}}"),
    *rules(
        _folder,
        "(crea|creare|fai|aggiungi) (una|la) [nuova] (cartella|sottocartella) [chiamata|di nome] {name:new_folder}"
        " [(in|dentro|nella cartella) {in:place}]",
        "(crea|fai) (in|dentro|nella cartella) {in:place} (una|la) [nuova] (cartella|sottocartella) [chiamata]"
        " {name:new_folder}",
        "nuova cartella {name:new_folder} [(in|dentro) {in:place}]",
    ),
    *rules(
        _file,
        "(crea|creare|fai) (un|una|il) [nuovo|nuova] (file|nota|documento) [chiamato|chiamata|vuoto] {name:ended}"
        " [(in|dentro) {in:place}] [(con il testo|che dice) [:] {text:rest}]",
    ),
    *rules(
        _line,
        "(aggiungi|aggiungere|scrivi|metti|annota) [la riga|il testo|la frase] {text:quoted} (a|alla fine di|in|alla"
        " fine del file) {to:target}",
    ),
    *rules(
        _restored("first"),
        "(ripristina|recupera) la (prima|versione originale) [versione] (di|del file) {what:described}",
    ),
    *rules(
        _restored("previous"),
        "(ripristina|recupera) la (versione precedente|ultima versione) (di|del file) {what:described}",
    ),
    *rules(_each(Summarize), f"(riassumi|riassumere|riassumimi) {_IT_FILE} {{what:reading}} [in {{n:any}}]"),
    *rules(
        _words,
        "(cerca|cercare|trova|trovami|cercami) [il|la|i|le|lo|gli] {words:foreign_words}",
        "(mostra|mostrami) [il|la|i|le|lo|gli] {words:foreign_words}",
        "(dov'è|dove sono) [il|la|i|le] {words:foreign_words}",
    ),
)
RULES: tuple[Rule, ...] = _GERMAN + _FRENCH + _SPANISH + _ITALIAN
QUESTIONS = frozenset(
    "wer was wann wo warum wieso wie welche welcher welches wieviel wessen wem seit quel quelle quels quelles qui"
    " quand où pourquoi comment combien que quién qué cuándo dónde cuál cuánto cuánta cuántos cuántas cómo chi che"
    " cosa quando dove perché quale quali quanto quanta quanti quante".split()
)
"""First words of questions."""
