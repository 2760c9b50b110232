"""Compiled templates are kept as Python keeps compiled modules, and are of no harm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from kuberry.reports.compiled import Compiled


def _said(module: Path, text: str) -> str:
    environment = Environment(
        loader=DictLoader({"one": text}), autoescape=True, bytecode_cache=Compiled(module)
    )
    return environment.get_template("one").render()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a module in a directory of its own, where Python may write."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    return tmp_path / "page.py"


def _kept(module: Path) -> list[Path]:
    return sorted((module.parent / "__pycache__").glob("*"))


def test_what_was_compiled_is_used_again(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process compiles nothing."""
    assert _said(module, "a{{ 1 + 1 }}") == "a2"
    assert len(_kept(module)) == 1
    monkeypatch.setattr(Environment, "compile", None)
    assert _said(module, "a{{ 1 + 1 }}") == "a2"


def test_a_changed_template_is_compiled_anew(module: Path) -> None:
    """What is kept of an older text is not used."""
    assert (_said(module, "old"), _said(module, "new")) == ("old", "new")


def test_a_spoiled_file_does_no_harm(module: Path) -> None:
    """What cannot be read is compiled anew, and kept."""
    _said(module, "text")
    (file,) = _kept(module)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert _said(module, "text") == "text"
    assert file.read_bytes() == whole


def test_where_python_keeps_nothing_nothing_is_kept(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYTHONDONTWRITEBYTECODE is obeyed."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert _said(module, "text") == "text"
    assert _kept(module) == []


def test_where_nothing_can_be_written_it_works_all_the_same(module: Path) -> None:
    """A file stands where the directory would be."""
    (module.parent / "__pycache__").write_text("in the way", "utf-8")
    assert _said(module, "text") == "text"
