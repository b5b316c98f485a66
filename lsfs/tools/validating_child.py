"""Looks at arguments with a schema of which nobody knows how long it takes, and ends: what `validating` runs.

Arguments: seconds of the processor, and bytes of memory, that it may take.
"""

from __future__ import annotations

import json
import resource
import sys

from lsfs.tools.schema_errors import schema_error


def main() -> None:
    """Reads schema and arguments from the standard input; writes why they do not fit to the standard output."""
    seconds, memory = map(int, sys.argv[1:])
    for which, bound in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(which, (bound, bound))
    schema, arguments = json.load(sys.stdin)
    json.dump({"error": schema_error(schema, arguments)}, sys.stdout)


if __name__ == "__main__":
    main()
