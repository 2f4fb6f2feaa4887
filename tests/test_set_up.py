"""Set-up does what is needed and no more, and the lock files fit any machine."""

import json
import re
from pathlib import Path

import pytest

from tools import stamps
from tools.assets import COPIES
from tools.commands import ROOT


def test_a_step_is_done_once_and_again_when_its_source_or_its_output_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "STAMPS", tmp_path / "stamps")
    source, output = tmp_path / "source", tmp_path / "output"
    done: list[str] = []

    def set_up() -> None:
        def act() -> None:
            done.append(source.read_text())
            output.touch()

        stamps.once("A step", stamps.digest([source]), [output], act)

    source.write_text("first")
    set_up()
    set_up()
    assert done == ["first"]
    source.write_text("second")
    set_up()
    assert done == ["first", "second"]
    output.unlink()
    set_up()
    assert done == ["first", "second", "second"]


def test_a_step_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "STAMPS", tmp_path / "stamps")

    def fail() -> None:
        raise SystemExit(1)

    for _ in range(2):
        with pytest.raises(SystemExit):
            stamps.once("A step", "wanted", [], fail)


def test_the_python_locks_carry_a_hash_for_each_package_and_no_place() -> None:
    for lock in [*ROOT.glob("*.lock"), *ROOT.glob("tools/*.lock")]:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        assert len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:", text, re.MULTILINE)) == len(
            re.findall(r"^\S+==", text, re.MULTILINE)
        ), lock.name


def test_the_npm_lock_carries_a_hash_for_each_package_and_no_place() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: about for name, about in lock["packages"].items() if name}
    assert all("integrity" in about and "resolved" not in about for about in packages.values())


def test_every_file_that_is_taken_from_a_package_has_its_licence_beside_it() -> None:
    licensed = {source.split("/")[0] for source in COPIES if "LICENSE" in source}
    assert {source.split("/")[0] for source in COPIES} == licensed


def test_make_help_has_a_sentence_for_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    told = re.findall(r"^([a-z-]+):.*## .+\.$", makefile, re.MULTILINE)
    assert sorted(told) == sorted(phony[1].split())
