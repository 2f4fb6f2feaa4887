"""A log line tells where something went wrong, and nothing of whom."""

import json
import subprocess
import sys

import pytest

from kernel.logs import frames

SECRET = "Kanarie Vogelaar"


def test_a_librarys_line_is_json_without_the_errors_own_words() -> None:
    program = (
        "import logging; from kernel.logs import configure_logs; configure_logs()\n"
        "try:\n    raise ValueError('Kanarie Vogelaar')\n"
        "except ValueError: logging.getLogger('library').exception('it broke')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    line = json.loads(done.stderr)
    assert (line["event"], line["error"], line["level"]) == ("it broke", "ValueError", "error")
    assert SECRET not in done.stderr


def test_frames_name_places_and_no_values() -> None:
    with pytest.raises(ValueError, match=SECRET) as caught:
        raise ValueError(SECRET)
    said = frames(caught.value)
    assert any("test_logs.py" in place for place in said)
    assert SECRET not in " ".join(said)
