"""Our own css and js work on Chrome 100, Safari 15.4 and Firefox 102 (FIGURES A1, a linter)."""

import subprocess
from pathlib import Path

import pytest

from app import HOUSE
from tools.setup import node

STATIC = HOUSE / "web" / "static"
ESLINT = HOUSE / "node_modules" / "eslint" / "bin" / "eslint.js"
STYLELINT = HOUSE / "node_modules" / "stylelint" / "bin" / "stylelint.mjs"


def test_no_script_uses_what_an_old_phone_does_not_know() -> None:
    said = lint(ESLINT, *sorted(STATIC.glob("*.js")))
    assert said.returncode == 0, said.stdout


def test_no_style_uses_what_an_old_phone_does_not_know() -> None:
    said = lint(STYLELINT, *sorted(STATIC.glob("*.css")))
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("young", ["new CompressionStream('gzip')", "class A { static { b() } }"])
def test_a_script_of_tomorrow_is_seen(young: str) -> None:
    said = lint(ESLINT, "--stdin", "--stdin-filename", STATIC / "x.js", text=young)
    assert said.returncode == 1


@pytest.mark.parametrize("young", ["a:has(b){color:red}", "@container (width>1px){a{color:red}}"])
def test_a_style_of_tomorrow_is_seen(young: str) -> None:
    said = lint(STYLELINT, "--stdin", "--stdin-filename", STATIC / "x.css", text=young)
    assert said.returncode == 2


def test_styles_stay_small_for_old_phones() -> None:
    assert sum((STATIC / name).stat().st_size for name in ("tokens.css", "opstap.css")) <= 20_500


def lint(
    linter: Path, *arguments: str | Path, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node(), linter, *arguments],
        cwd=HOUSE,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
