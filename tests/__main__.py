"""`python3 tests`: install what the tests need, then prove everything.

Every Python since 2.7 can read this file, so that an old one is answered with a sentence.
"""

import os
import runpy
import sys

TESTS = os.path.dirname(os.path.abspath(__file__))
LABS = os.path.join(os.path.dirname(TESTS), "labs")

if __name__ == "__main__":
    labs = runpy.run_path(os.path.join(LABS, "__main__.py"), run_name="labs")
    labs["refuse_old_python"]("tests")
    sys.path.insert(0, LABS)
    from bootstrap import run

    program = ["-P", os.path.join(TESTS, "stages.py")] + sys.argv[1:]
    sys.exit(run(program, "python3 tests", ("docs", "tests", "tools")))
