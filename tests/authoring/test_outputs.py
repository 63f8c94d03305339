from __future__ import annotations

from pathlib import Path

import pytest

from ecslab.authoring.outputs import local_paths, normal, objection


def stream(text: str, name: str = "stdout") -> dict[str, object]:
    return {"output_type": "stream", "name": name, "text": text}


def test_texts_of_one_stream_become_one() -> None:
    """Where the kernel cuts a stream is chance (Jupyter messaging: stream)."""
    outputs = [stream("a"), stream("b\n"), stream("c", "stderr"), stream("d"), stream("e")]
    assert normal(outputs) == [stream("ab\n"), stream("c", "stderr"), stream("de")]


def test_an_error_keeps_its_words_and_no_file_names() -> None:
    error = {
        "output_type": "error",
        "ename": "ClientError",
        "evalue": "\x1b[31mAn error\x1b[0m occurred",
        "traceback": ["\x1b[0;31m----\x1b[0m", "File /home/me/x.py"],
    }
    assert normal([error]) == [
        {
            "output_type": "error",
            "ename": "ClientError",
            "evalue": "An error occurred",
            "traceback": ["ClientError: An error occurred"],
        }
    ]


def test_counts_metadata_and_widgets_go() -> None:
    widget = "application/vnd.jupyter.widget-view+json"
    outputs = [
        {
            "output_type": "execute_result",
            "execution_count": 7,
            "metadata": {"isolated": True},
            "data": {"text/plain": "1", widget: {"model_id": "f00"}},
        },
        {"output_type": "display_data", "metadata": {}, "data": {widget: {"model_id": "f01"}}},
    ]
    assert normal(outputs) == [
        {
            "output_type": "execute_result",
            "execution_count": None,
            "metadata": {},
            "data": {"text/plain": "1"},
        }
    ]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (stream("\nDeprecationWarning: x\n", "stderr"), "writes to stderr: DeprecationWarning: x"),
        (stream("see /srv/course/labs/x.py"), "names the folder /srv/course"),
        (stream("<object at 0x7f12ab34cd56>"), "memory address"),
        ({"output_type": "display_data", "data": {"text/html": "<p>/srv/course"}}, "names the"),
    ],
)
def test_what_differs_between_computers_is_refused(output: dict[str, object], words: str) -> None:
    reason = objection([output], ["/srv/course"])
    assert reason is not None
    assert words in reason


def test_other_texts_are_stored() -> None:
    text = "/ecs/bookshop on 123456789012.dkr.ecr.us-east-1.amazonaws.com/web, /tmp mounted"
    assert objection([stream(text)], local_paths(Path("/srv/course"))) is None
