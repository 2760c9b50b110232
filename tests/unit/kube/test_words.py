"""What becomes of a kubectl command line whose kubectl is somewhere else."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from kuberry.errors import UsageError
from kuberry.kube.manifest_files import joined
from kuberry.kube.words import Words, for_control_plane


def _words(line: str) -> Words:
    return for_control_plane(shlex.split(line))


@pytest.mark.parametrize(
    "line",
    [
        "get nodes -o wide",
        "-n kube-system logs -f etcd-red",
        "logs -f deploy/web",
        "exec web -- tail -f /var/log/x",
        "get pods --field-selector=status.phase=Running -l app=web",
        "exec web -- kubectl apply -f x",
        "",
    ],
)
def test_words_without_files_pass_as_they_are(line: str) -> None:
    """``-f`` is no file for `logs`, and what comes after ``--`` is not ours to read."""
    assert _words(line) == Words(tuple(shlex.split(line)))


@pytest.mark.parametrize(
    ("line", "argv", "files"),
    [
        ("apply -f a.yaml", "apply -f -", ("a.yaml",)),
        ("apply -fa.yaml", "apply -f -", ("a.yaml",)),
        ("apply -f=a.yaml", "apply -f -", ("a.yaml",)),
        ("apply --filename a.yaml -n x", "apply -n x -f -", ("a.yaml",)),
        ("apply --filename=a,b -f c", "apply -f -", ("a", "b", "c")),
        ("-n x delete -f dir -R", "-n x delete -R -f -", ("dir",)),
        ("apply -f https://e.example/x.yaml", "apply -f https://e.example/x.yaml", ()),
    ],
)
def test_files_of_this_machine_become_standard_input(
    line: str, argv: str, files: tuple[str, ...]
) -> None:
    """However ``-f`` is written; an address on the web is fetched over there."""
    assert _words(line) == Words(tuple(argv.split()), files=files)


@pytest.mark.parametrize("line", ["apply -f -", "exec -i web -- sh", "run x --image=y --stdin"])
def test_who_asks_for_standard_input_gets_it(line: str) -> None:
    """Only then is it read: a script's own input is not swallowed by the way."""
    assert _words(line).reads_stdin
    assert not _words("get pods").reads_stdin


@pytest.mark.parametrize(
    "line",
    [
        "cp web:/x .",
        "-n x port-forward web 8080",
        "edit node red",
        "proxy",
        "config view",
        "apply -k .",
        "create secret generic x --from-file=key",
        "patch node red --patch-file p",
        "get pods --context other",
        "--kubeconfig=/tmp/k get pods",
        "apply -f - -f a.yaml",
    ],
)
def test_what_cannot_work_over_there_is_refused(line: str) -> None:
    """It would touch files, ports or clusters that the user did not mean."""
    with pytest.raises(UsageError):
        _words(line)


def test_words_that_only_look_alike_pass() -> None:
    """A flag of a command inside a pod is no flag of kubectl."""
    line = "exec web -- cp --cluster a b"

    assert _words(line).argv == tuple(shlex.split(line))


def test_manifests_are_one_stream(tmp_path: Path) -> None:
    """Files in the order given, a directory by name; each begins a document."""
    folder = tmp_path / "folder"
    (folder / "deeper").mkdir(parents=True)
    (tmp_path / "z.yaml").write_text("z: 1\n\n")
    (folder / "b.json").write_text('{"b": 1}')
    (folder / "a.yml").write_text("a: 1")
    (folder / "README.md").write_text("no manifest")
    (folder / "deeper" / "c.yaml").write_text("c: 1")
    names = [str(tmp_path / "z.yaml"), str(folder)]

    assert joined(names) == b'---\nz: 1\n---\na: 1\n---\n{"b": 1}\n'
    assert joined(names, recursive=True).endswith(b"---\nc: 1\n")


def test_manifests_that_are_not_there(tmp_path: Path) -> None:
    """The name is in the message."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"nothing\.yaml"):
        joined([str(tmp_path / "nothing.yaml")])
    with pytest.raises(UsageError, match="no manifest"):
        joined([str(tmp_path / "empty")])
