"""The sample course's site, built once, and a browser to look at it."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from ecslab.course import catalogue
from ecslab.course.files import CourseFiles

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
SAMPLE = Path(__file__).parent / "sample"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = (
    "The site's tests look at its pages in Chromium, which is not installed: "
    "on Debian or Ubuntu run `sudo apt-get install chromium`, elsewhere install Chrome or Chromium."
)

# The scripts of `site/` are no package: they import each other by name, as a script's imports do.
sys.path.insert(0, str(SITE))


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which the sample's drawings are kept between builds."""
    return tmp_path_factory.mktemp("drawings")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the sample's staged pages; `site` fills it."""
    return tmp_path_factory.mktemp("stage")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, stage: Path, drawings: Path) -> Path:
    """Build the sample course's site."""
    from build import build

    output = tmp_path_factory.mktemp("html")
    sample = catalogue.load(SAMPLE / "course.toml")
    build(sample, CourseFiles(SAMPLE), work=stage, output=output, cache=drawings)
    return output


@pytest.fixture(scope="session")
def real_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the real course's site, with a copy of the drawings that are kept."""
    from build import build

    base = tmp_path_factory.mktemp("real")
    kept = SITE / "_cache"
    shutil.copytree(kept, base / "cache") if kept.is_dir() else (base / "cache").mkdir()
    output = base / "html"
    build(
        catalogue.load(),
        CourseFiles(ROOT),
        work=base / "stage",
        output=output,
        cache=base / "cache",
        prune=True,
    )
    return output


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing for each request."""


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Serve the sample's site on this machine and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium; without one these tests fail and say how to get it.

    It ends with its module: until then, nothing else in this process can run an event loop.
    """
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.fail(NO_CHROMIUM, pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()
