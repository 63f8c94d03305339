"""`python3 labs`: set the course up when needed, then run its command line.

Every Python since 2.7 can read this file, so that an old one is answered with a sentence.
"""

import os
import sys

OLDEST = (3, 11)
TRIED_MINORS = (13, 12, 11, 14)  # the tested ones first


def newer_python(search_path):
    """The command name of a new enough Python on the search path, or None."""
    folders = search_path.split(os.pathsep)
    for minor in TRIED_MINORS:
        command = "python3.%d" % minor
        if any(os.access(os.path.join(folder, command), os.X_OK) for folder in folders if folder):
            return command
    return None


def too_old(version, search_path, script):
    """The sentence for a Python that is too old to go on with, or None for one that will do."""
    if tuple(version[:2]) >= OLDEST:
        return None
    command = newer_python(search_path)
    advice = (
        "run: %s %s" % (command, script)
        if command
        else "install a newer one, then run: python3 %s" % script
    )
    return "This course needs Python %d.%d or newer and this is Python %d.%d: %s" % (
        OLDEST + tuple(version[:2]) + (advice,)
    )


def refuse_old_python(script):
    """Stop with a sentence when this Python is too old; `script` is what the person typed."""
    message = too_old(sys.version_info, os.environ.get("PATH", ""), script)
    if message:
        sys.stderr.write(message + "\n")
        sys.exit(1)


if __name__ == "__main__":
    refuse_old_python("labs")
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from bootstrap import main

    sys.exit(main(sys.argv[1:]))
