"""Words of the rules: groups that lines name by ``@``, cue words of each changing verb, words that limit or refuse.

Tables alone; English first, then the cue words of German, French, Spanish and Italian.
"""

from __future__ import annotations

GROUPS: dict[str, str] = {
    # where to
    "into": "(to|into|in|inside|within|under|onto|on|over to|across to|down to|up to|out into|back to|back into)",
    "in": "(in|inside|within|under|on|at the top of|at the root of)",
    "there": (
        "(there|in there|in it|into it|to it|inside it|in that folder|into that folder|to that folder|inside there"
        "|inside)"
    ),
    "it": "(it|them|these|those|this|that)",
    "too": (
        "([,] too|[,] as well|also|in addition|additionally|, just a copy|, only a copy|, copies only|, a copy only"
        "|too [,] just a copy|as well [,] just a copy)"
    ),
    "named": "(called|named|titled|entitled|with the name|by the name of)",
    # what a verb is said with
    "move": "(move|shift|transfer|relocate|shove|bring|reposition)",
    "put": "(put|stick|place|drop|pop|chuck|stash|stow|store|file|tidy|shove|slot|sling|tuck|throw|park|keep|save)",
    "copy": "(copy|duplicate|clone|replicate)",
    "rename": "(rename|re-name|retitle)",
    "trash": (
        "(delete|bin|trash|remove|erase|discard|scrap|ditch|get rid of|throw away|throw out|chuck away|chuck out|toss"
        " out|toss away|dispose of|do away with|clear away|bin off|get shot of)"
    ),
    "folder": "(folder|directory|sub-folder|subfolder|dir|sub-directory|subdirectory)",
    "folders": "(folders|directories|sub-folders|subfolders|dirs|sub-directories|subdirectories)",
    "make": "(make|create|add|set up|start|open|build|put|new|generate)",
    "make_me": "(make|create|add|set up|start|open|new|generate|i need|i want|i'd like|give me|we need|begin)",
    "document": (
        "([text|pdf|word|markdown|plain|csv|plain text|md|txt|json|html|tex|yaml|python|latex] (file|note|document"
        "|list|page|memo|text|script|log|entry|table)|pdf|csv)"
    ),
    "merge": "(merge|join|combine|concatenate|concat|stitch|glue|unite|paste|append|splice|fuse|consolidate)",
    "sort": (
        "(sort|group|organise|organize|arrange|split|divide|separate|file|classify|categorise|categorize|break|put"
        "|move|tidy|order|distribute|sub-divide|subdivide|bundle|cluster|partition)"
    ),
    "per": "(per|for each|for every|each|by|for every single|for)",
    "restore": (
        "(restore|revert|roll back|rollback|recover|bring back|get back|reset|retrieve|return|turn back|reinstate|put"
        " back|take back|fetch back|wind back)"
    ),
    "find": (
        "(find|locate|look for|look up|search for|search|hunt for|hunt down|dig out|dig up|seek|fetch|track down|pull"
        " up|bring up|look out|point me to)"
    ),
    "show": "(show me|show|display|get me|give me|let me see|see|i need to see|i want to see|i'd like to see)",
    "find_it": (
        "((find|look for|locate|search for|get me|show me|fetch|hunt for|get) (it|them|that) [for me]|dig (it|them"
        "|that) (out|up) [for me]|track it down|where is it|where has it gone|where did it go|where is that|where are"
        " they|look it up|where might it be|pull it up|where could it be)"
    ),
    "list": "(list|list me|enumerate|list out|list up|ls)",
    "summarize": "(summarise|summarize|sum up|recap|condense|tl;dr|tldr|outline|boil down|digest|précis)",
    "compare": "(compare|diff|contrast)",
    "original": (
        "(the original|the originals|the original one|the original ones|the original file|the original files|the old"
        " one|the old ones|it|them|the original copy|the first one)"
    ),
    "keep": (
        "([,|;] [but|and|though|while|please] (leave|leaving|keep|keeping) @original [where (it is|they are|it's"
        "|they're|it was|they were|it lives)|there|in place|as is|as it is|as they are|alone|untouched|too|as well"
        "|exactly where it is|put|intact|where it is now|in its place])"
    ),
    "says": (
        "[,] [and] (that says|which says just|that contains|that contains just|which says|saying|that reads|which"
        " reads|reading|containing|with the text|with this text|with the content|with the contents|with the words"
        "|with the line|containing the text|containing the line|containing the words|containing just|containing only"
        "|with the sentence|with the following text|with the following content|with the following|with text|with"
        " content|with just|with only|with the single line|with the message|that contains|which contains|that just"
        " says|that says just|with|with one line|and write|and put|and type|, text|and write in it|that contains the"
        " line|that contains the text|with the one line|whose text is|whose content is) [just|only] [this]"
    ),
    "asap": "[please|now|straight away|right away]",
}
"""Name → a piece of a rule."""

UNITS = frozenset("minute minutes hour hours day days week weeks month months year years".split())

DETERMINERS = frozenset("the a an my our that this your their his her its".split())
"""Left off before a description; words that say how many stay."""
QUANTIFIERS = frozenset("all every each both any those these whole entire everything".split())
ARTICLES = frozenset("the a an my our that".split())
PRONOUNS = frozenset("it them these those this that".split())
EVERYTHING = frozenset(
    {"everything", "all", "all files", "all the files", "all my files", "every file", "every single file", "all of it"}
    | {"all of them", "the files", "files", "my files", "all my stuff", "everything i have", "anything", "the lot"}
    | {"all my documents", "all my data", "all documents", "every document", "all my things", "stuff", "my stuff"}
    | {"everything on my computer", "everything on this computer", "everything on the disk", "the whole disk"}
)
GENERIC = frozenset(
    "all every each single of my the files file documents document everything stuff data things thing i have own we"
    " on this computer disk drive machine folders folder here anything lot whole entire our that there is i've got pc"
    " laptop home alles alle dateien meine meinen tout tous toutes les mes fichiers todo todos todas los las mis"
    " archivos ficheros tutto tutti tutte i miei mie le documenti dokumente documentos die den das la el jede jeden"
    " chaque cada ogni vaciar ganze ganzen".split()
)
"""Words that say no more than that all is meant."""
LIMITS = frozenset(
    "except excluding excepting but not unless without if apart aside minus besides outside barring don't doesn't"
    " isn't aren't didn't never other only instead rather whether either neither nor save".split()
)
"""Words that take something back or make a condition; no slot holds what they say."""
NONE = frozenset("no none zero neither hardly barely scarcely".split())
"""Words before a description that leave nothing of it."""
INEXACT = NONE | frozenset(
    "some several most many much few fewer half part parts certain various nearly almost roughly approximately around"
    " couple enough more less too selected random either plenty lots majority minority rest remainder remaining".split()
)
"""Words before a description that leave open which of the files, or how many, are meant."""
FOREIGN_LIMITS = frozenset(
    "y e et und pero mais aber ma sondern nicht no ne pas sauf außer excepto oder ou o salvo tranne non ni weder ohne"
    " sans sin senza si wenn falls se bis abgesehen ausgenommen ausgeschlossen ausschließlich hormis excepté exclu"
    " exclus exclue exclues hors part parte menos excluyendo fuera eccetto escluso esclusa esclusi escluse fuori meno"
    " kein keine keinen keines aucun aucune ningún ninguna ningun nessun nessuna einige manche mehrere meisten fast"
    " beinahe hälfte halbe quelques plusieurs plupart presque moitié algunos algunas varios varias mayoría casi mitad"
    " alcuni alcune diversi diverse maggior quasi metà".split()
)
"""The same and lists in other languages, and words that leave open which files or how many are meant."""
TAGS = frozenset("tag tags label labels".split())
PARTS = frozenset(
    "line lines word words sentence sentences paragraph paragraphs row rows column columns cell cells entry entries"
    " item items comment comments section sections prefix suffix text page pages heading headings footnote footnotes"
    " header footer title titles name names filename filenames signature watermark logo typo typos mistake mistakes"
    " space spaces character characters letterhead margin margins bullet bullets quotation author".split()
)
"""Parts and properties of a document, which are no files."""
FOREIGN_PARTS = frozenset(
    "seite seiten zeile zeilen spalte spalten absatz wort wörter satz unterschrift titel überschrift leerzeichen ligne"
    " lignes colonne colonnes paragraphe mot mots phrase signature titre página páginas línea líneas columna columnas"
    " párrafo palabra palabras frase firma título pagina pagine riga righe colonna colonne paragrafo parola parole"
    " titolo page pages logo".split()
)
"""The same in other languages."""
ORDINALS = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth last next 1st 2nd 3rd 4th 5th".split()
)

NOUNS = frozenset(
    "document documents file files letter letters contract contracts invoice invoices bill bills receipt receipts"
    " recipe recipes lease leases agreement agreements estimate estimates quote quotes quotation statement statements"
    " certificate certificates report reports essay essays thesis paper papers article articles note notes list lists"
    " minutes agenda log logs diary diaries journal journals plan plans budget budgets rota rotas timetable schedule"
    " photo photos picture pictures image images screenshot screenshots pic pics video videos song songs recording"
    " recordings speech speeches talk presentation presentations slides slide spreadsheet spreadsheets workbook table"
    " tables script scripts program code notebook notebooks pdf pdfs email emails e-mail e-mails mail mails message"
    " messages thread booking bookings reservation reservations ticket tickets itinerary order confirmation form"
    " forms application cv résumé resume manual guide instructions policy policies insurance licence license permit"
    " passport scan scans draft drafts copy version manuscript chapter chapters poem story lesson lessons worksheet"
    " worksheets exam exams test tests assignment homework syllabus transcript results data dataset inventory"
    " catalogue catalog accounts account payslip payslips payroll tax taxes return returns transactions reference"
    " constitution rules procedure assessment proposal proposals summary brochure flyer poster leaflet drawing"
    " drawings diagram map maps drawings sketch sketches logo podcast podcasts album playlist archive archives zip"
    " backup backups download downloads config configuration calendar contacts address addresses book books ebook"
    " ebooks will deed deeds warranty guarantee tenancy prescription referral appointment newsletter announcement"
    " invitation invitations card cards questionnaire survey feedback review reviews register roster rota menu menus"
    " programme lyrics score offer offers how-to thing something sheet sheets stuff treaty ballot bylaws bylaw"
    " glossary outline toast eulogy memo memos brief briefs curriculum portfolio ledger receipts handbook leaflet"
    " pamphlet handout handouts catalogue track tracks chart charts graph correspondence conversation chat chats"
    " discussion dissertation essay sermon sermons hymn hymns pattern patterns blueprint sheet sheets csv spec"
    " specification readme changelog todo specs txt docx xlsx md tex jpg png".split()
)
"""What documents are called; a sentence without a verb is about files where it has one."""

NOT_ABOUT_FILES = frozenset(
    "order buy call phone ring play turn switch remind wake book send text reply print open launch run close tell ask"
    " sing cook bake drive fly pay sell wash clean water feed walk say speak translate compose draw paint sketch hire"
    " post tweet google browse visit install uninstall download upload connect charge shut restart reboot stop pause"
    " resume mute set increase decrease lower raise dim brighten i'd i've i'm i'll we'd we've calculate compute solve"
    " convert teach explain write invent imagine recommend suggest invite cancel reserve deliver schedule arrange i"
    " you he she we they it please hello hi hey thanks thank good happy make do go come take give get put let be have"
    " help start begin use eat drink read watch listen learn think dream forget love hate want need plug hang fix"
    " repair build type yes no ok okay back clear empty tidy wipe destroy burn hide lock unlock protect never always"
    " backup sync secure clean not no don't archive check share export import compress zip unzip encrypt extract"
    " attach format rotate resize crop edit change update replace insert append add".split()
)
"""First words of sentences that ask for something that no search can do."""

CUES: dict[str, str] = {
    "create": (
        "create make new start write draft compose begin open set generate add note need want jot save type erstelle"
        " erstell anlegen lege leg schreib schreibe neue neuer neues mach mache crée créer créez cree fais faites"
        " nouveau nouvelle écris rédige crea crear escribe nuevo nueva haz crea creare scrivi nuovo nuova fai"
    ),
    "mkdir": (
        "create make new set add need want start open build generate mkdir folder folders directory directories"
        " erstelle erstell anlegen lege leg ordner verzeichnis neuen mach mache crée créer cree fais dossier"
        " répertoire crea crear carpeta directorio haz cartella creare fai"
    ),
    "append": (
        "add append put write insert jot note bottom end stick tack include extend continue finish close"
        " ergänze ergänz füge füg hänge häng"
        " schreib schreibe anhängen hinzu setz setze trage trag notiere ajoute ajouter ajoutez rajoute écris mets"
        " note añade añadir agrega pon escribe apunta aggiungi aggiungere scrivi metti annota"
    ),
    "write": (
        "overwrite replace write say rewrite reword rephrase redraft update set change put contain read hold contents"
        " content text überschreibe überschreib"
        " ersetze ersetz schreib schreibe remplace écrase écris sobrescribe reemplaza sustituye escribe"
        " sovrascrivi sostituisci scrivi"
    ),
    "move": (
        "move moved moving mv shift transfer relocate bring reposition put stick place drop pop chuck stash stow"
        " store file tidy shove slot sling tuck send throw park keep save belong belongs go goes live lives should"
        " take want into get be verschiebe verschieb verschieben bewege beweg leg lege pack packe steck stecke räum"
        " räume tu tue stell stelle gehört gehören bring déplace déplacer déplacez mets mettre mettez range ranger"
        " transfère bouge place mueve mover muevas pon poner pasa coloca lleva guarda mete traslada sposta spostare"
        " metti mettere trasferisci porta"
    ),
    "copy": (
        "copy copied copies copying duplicate duplicated clone replicate too also well original originals both second"
        " kopiere kopier kopieren kopie dupliziere auch copie copier copiez duplique aussi copia copiar duplica"
        " también copiare anche"
    ),
    "rename": (
        "rename renamed re-name retitle name names named call called becomes become prefix suffix number title front"
        " numbered nenne nenn benenne benenn umbenennen umbenenne heißen heissen nummeriere nummerier renomme"
        " renommer renommez appelle numérote nom renombra renombrar llama numera nombre cambia rinomina rinominare"
        " chiama numera nome"
    ),
    "trash": (
        "delete deleted bin binned trash trashed remove removed erase discard scrap ditch dump kill rid throw chuck"
        " toss dispose lose shot away lösche lösch löschen gelöscht entferne entfern entfernen wirf schmeiß weg"
        " papierkorb supprime supprimer supprimez efface effacer enlève jette jeter corbeille poubelle borra borrar"
        " elimina eliminar tira papelera suprime quita cancella cancellare elimina eliminare butta cestino rimuovi"
        " cestina"
    ),
    "tag": (
        "tag tags tagged tagging label labels labelled labeled labelling mark marked flag flagged schlagwort"
        " schlagworte stichwort markiere markier kennzeichne tagge etikett étiquette étiquettes étiqueter tague"
        " marque balise etiqueta etiquetas etiquetar marca etichetta etichette tagga contrassegna"
    ),
    "untag": (
        "untag tag tags label labels unmark unlabel mark flag schlagwort stichwort etikett étiquette étiquettes tague"
        " etiqueta etiquetas desetiqueta etichetta etichette tagga"
    ),
    "group": (
        "sort group organise organize arrange split divide separate file folder folders sub-folder sub-folders"
        " subfolder subfolders classify categorise categorize break tidy order distribute subdivide bundle cluster"
        " partition sortiere sortier ordne ordner gruppiere gruppier teile unterordner classe classer trie trier"
        " range regroupe dossier dossiers sous-dossiers organise ordena ordenar organiza agrupa clasifica carpeta"
        " carpetas subcarpetas ordina ordinare raggruppa organizza dividi cartella cartelle sottocartelle"
    ),
    "merge": (
        "merge merged join joined combine combined concatenate concat stitch glue unite paste append splice fuse"
        " consolidate together one single füge verbinde verbind vereine zusammen zusammenfügen fusionne fusionner"
        " joins combine réunis assemble concatène une unir junta juntar combina fusiona concatena unisci unire"
        " combina fondi"
    ),
    "restore": (
        "restore restored versions revert reverted roll rollback recover back reset retrieve return reinstate"
        " version was undo original stelle stell rückgängig annule modification deshaz cambio modificación revierte"
        " annulla modifica wieder wiederherstellen hol hole zurück zurücksetzen version restaure restaurer rétablis"
        " récupère remets reviens retour version restaura restaurar recupera devuelve vuelve versión ripristina"
        " ripristinare recupera riporta torna versione"
    ),
    "undo": (
        "undo undone forget back revert reverse rückgängig zurück annule annuler défais deshaz"
        " deshacer annulla annullare"
    ),
    "redo": "redo again re-do wiederhole wieder nochmal refais rétablis rehaz rehacer rifai ripristina ripeti",
    "save_query": (
        "save keep remember store search query suche speichere speicher merke enregistre garde recherche guarda"
        " búsqueda salva ricerca"
    ),
}
"""Verb of a Request → words one of which must stand in a sentence that means it; English, de, fr, es, it."""

SECOND_VERBS = frozenset(
    "move copy duplicate clone rename delete trash bin remove erase discard untag tag merge restore undo append"
    " overwrite summarise summarize verschiebe kopiere lösche entferne benenne déplace supprime renomme efface mueve"
    " borra renombra sposta cancella rinomina".split()
)
"""Words that, in no slot, say that something more was wanted."""

UNKNOWN_VERBS = frozenset(
    "translate convert compress unzip encrypt decrypt resize rotate crop upload transform publish install execute"
    " encode decode transcribe transcode proofread spell-check reformat change email e-mail print übersetze"
    " konvertiere traduis traduisez convertis traduce convierte traduci converti".split()
)
"""What people ask of files that lsfs does not do."""
STARTERS = UNKNOWN_VERBS | frozenset(
    "add put move shift transfer relocate delete rename remove erase discard create make bin trash append overwrite"
    " replace merge join combine sort group organise organize arrange undo redo restore revert give stick get throw"
    " find show tell copy duplicate clone tag untag untick summarise summarize write insert take bring send dump"
    " scrap ditch toss chuck drop prefix number call prepend split divide put pop place save keep leave set mark"
    " label open start jot rewrite reword rephrase redraft share compare"
    " lösche verschiebe kopiere benenne erstelle supprime déplace copie renomme"
    " crée borra mueve copia renombra elimina sposta cancella rinomina aggiungi ajoute añade".split()
)
"""Words that begin a wish, and no description that has no article before it."""
ALSO_NOUNS = frozenset("copy duplicate tag label mark number set save group sort draft start call drop".split())
"""Those that begin descriptions too (``copy of the rota``)."""

WEAK_CUES = frozenset(
    "new second both one original originals number name names title text content contents row note notes page list"
    " copy file files version order end bottom place label labels tag tags folder folders folder copies single two"
    " too also well back away front prefix suffix search query store mark cue rid shot take get want need go goes be"
    " should record draft end lines insert include image ordner verzeichnis dossier dossiers carpeta carpetas"
    " cartella cartelle note nota auch aussi también anche nom nombre nome version versión versione marque tague in"
    " be type first".split()
)
"""Cue words that also stand where nothing is to be changed."""
VERBS = frozenset(word for words in CUES.values() for word in words.split()) - WEAK_CUES - NOUNS
"""All words that begin a change, in any of the languages."""

TYPOS = (
    "move copy duplicate rename delete remove trash find look locate list show search summarise summarize compare"
    " merge combine create folder restore append overwrite organise organize group undo".split()
)
"""Words that are also known with two letters swapped, one left out or one doubled."""
