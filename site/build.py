"""Build the course's site: `python3 site/build.py` writes it to `site/_html`.

On a fresh checkout it makes the same `.venv` as `python3 labs` and adds what a site needs.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import re
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

    from ecslab.course.catalogue import Catalogue
    from ecslab.course.files import CourseFiles

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
COMMAND = "python3 site/build.py"
NEEDED = ("ecslab", "mkdocs", "material", "pymdownx", "mermaidx", "nbformat")
NOTEBOOK_PAGE = re.compile(r"'((?:\.\./)?(?:lessons|labs|solutions)/[\w-]+|\d\d-[\w-]+)\.md")
ADDRESS = ("127.0.0.1", 8100)


class Problems(logging.Handler):
    """Collects MkDocs' warnings: each is a fault of a page."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record's text."""
        self.found.append(record.getMessage())


def build(
    catalogue: Catalogue,
    files: CourseFiles,
    *,
    work: Path,
    output: Path,
    cache: Path = HERE / "_cache",
    prune: bool = False,
) -> None:
    """Stage a course and build its site.

    Args:
        catalogue: the modules, in order.
        files: the folder of the notebooks.
        work: the folder for the staged tree.
        output: the folder for the site.
        cache: the folder of the drawings.
        prune: whether to delete drawings that no page uses.

    Raises:
        CourseError: when a notebook is missing or broken, or a page has a fault.
    """
    from mkdocs.commands.build import build as mkdocs_build
    from mkdocs.exceptions import MkDocsException
    from stage import Stage
    from stager.drawings import Drawings

    from ecslab.errors import CourseError

    drawings = Drawings(cache)
    Stage(catalogue, files, HERE / "pages", work, drawings).write()
    problems = Problems()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(problems)
    try:
        mkdocs_build(_configuration(catalogue, work, output))
    except MkDocsException as error:
        if not problems.found:  # else it only counts them
            problems.found.append(str(error))
    finally:
        logger.removeHandler(problems)
    if problems.found:
        raise CourseError("\n".join(_sentence(problem) for problem in problems.found))
    _search_from_disk(output)
    if prune:
        drawings.prune()


def _configuration(catalogue: Catalogue, work: Path, output: Path) -> MkDocsConfig:
    from mkdocs.config import load_config
    from stage import navigation

    # Material's banner about MkDocs 2 asks for nothing here: both versions are pinned.
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    return load_config(
        config_file=str(HERE / "mkdocs.yml"),
        site_name=catalogue.title,
        docs_dir=str(work),
        site_dir=str(output),
        nav=navigation(catalogue),
    )


def _sentence(problem: str) -> str:
    """Return one of MkDocs' warnings as a sentence that names the notebook or page to mend."""
    words = problem.strip().removeprefix("Doc file ").rstrip(".")
    words = re.sub(
        r"'((?:\.\./)?(?:lessons|labs|solutions)/[\w-]+|\d\d-[\w-]+)\.md", r"'\1.ipynb", words
    )
    return f"The site is not built: {words.replace('documentation files', 'the pages')}."


def _search_from_disk(output: Path) -> None:
    """Write the search index as a script too: a page opened from disk may not fetch JSON."""
    index = (output / "search" / "search_index.json").read_text(encoding="utf-8")
    script = output / "search" / "search_index.js"
    script.write_text(f"var __index = {index}", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Build the real course's site, and serve it when asked to."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Build the course's site.")
    parser.add_argument("--output", type=Path, default=HERE / "_html", help="where to write it")
    parser.add_argument("--serve", action="store_true", help="show it, and build again on a change")
    chosen = parser.parse_args(arguments)
    if any(find_spec(name) is None for name in NEEDED):
        return _in_own_environment(arguments)
    sys.path.insert(0, str(HERE))
    from ecslab.errors import CourseError

    output: Path = chosen.output.resolve()
    try:
        _build_course(output)
        if chosen.serve:
            _serve(output)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The site is not built: {error.strerror}: {error.filename}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _build_course(output: Path) -> None:
    from ecslab.course import catalogue
    from ecslab.course.files import CourseFiles

    started = time.perf_counter()
    course = catalogue.load()
    build(course, CourseFiles(ROOT), work=HERE / "_stage", output=output, prune=True)
    seconds = time.perf_counter() - started
    print(f"{len(course.ready)} modules built in {seconds:.1f} s. Open {output / 'index.html'}")


def _serve(output: Path) -> None:
    from mkdocs.livereload import LiveReloadServer

    from ecslab.errors import CourseError

    def again() -> None:
        try:
            _build_course(output)
        except CourseError as error:
            print(error, file=sys.stderr)

    host, port = ADDRESS[0], _free_port()
    server = LiveReloadServer(builder=again, host=host, port=port, root=str(output), mount_path="/")
    watched = [ROOT / "lessons", ROOT / "labs", ROOT / "solutions", HERE / "pages", HERE / "theme"]
    for folder in watched:
        if folder.is_dir():
            server.watch(str(folder), recursive=folder.name != "labs")
    print(f"Open http://{host}:{port}/ and stop with Ctrl-C.")
    server.serve()  # type: ignore[no-untyped-call]


def _free_port() -> int:
    """Return the usual port, or another one when it is taken."""
    import socket

    for address in (ADDRESS, (ADDRESS[0], 0)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    return ADDRESS[1]


def _in_own_environment(arguments: list[str]) -> int:
    """Install what a site needs into the checkout's `.venv`, and go on in there."""
    if os.environ.get("ECSLAB_COMMAND") == COMMAND:  # handed over already, and still not enough
        missing = next(name for name in NEEDED if find_spec(name) is None)
        print(f"The .venv lacks {missing}: delete .venv, then run: {COMMAND}", file=sys.stderr)
        return 1
    return _install_and_hand_over(arguments)


def _install_and_hand_over(arguments: list[str]) -> int:
    sys.path.insert(0, str(ROOT / "labs"))
    from bootstrap import run

    return run([str(Path(__file__).resolve()), *arguments], COMMAND, groups=("docs",))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
