#!/usr/bin/env bash
# What `make run` does once everything is installed: the models, the daemon, the index, a few searches.
#
#     packaging/first_run.sh FOLDER
set -euo pipefail

readonly here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly lsfs=$here/.venv/bin/lsfs

# A shell leaves the tilde of `FOLDER=~/x` alone where it does not take the word for an assignment.
folder=$1
case $folder in
    "~") folder=$HOME ;;
    "~/"*) folder=$HOME/${folder:2} ;;
esac
if [[ ! -d $folder ]]; then
    printf 'lsfs: no folder at %s; name one: make run FOLDER=/path/of/a/folder\n' "$folder" >&2
    exit 2
fi

"$lsfs" models pull ||
    printf 'lsfs: going on without the model: files are found by words, and by meaning after: lsfs models pull\n' >&2
if [[ ${LSFS_LLM:-} != off ]] && "$here/.venv/bin/python" -c 'import llama_cpp' 2>/dev/null; then
    "$lsfs" models pull llm ||
        printf 'lsfs: going on without the language model: sentences are read by rules alone, until: lsfs models pull llm\n' >&2
fi
"$lsfs" up "$folder" --wait-words
exec "$here/.venv/bin/python" "$here/packaging/first_searches.py" "$lsfs" "$folder"
