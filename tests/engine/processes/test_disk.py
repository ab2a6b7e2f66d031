"""Folders that strangers have made: copied, looked at, measured and removed."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from autograder.engine.processes import disk, memory


def nest(folder: Path, depth: int) -> None:
    """Folders within folders, too deep for any path."""
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        Path("f").write_text("x")
    finally:
        os.chdir(here)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with what belongs into it and what does not."""
    made = tmp_path / "source"
    made.joinpath("a/b").mkdir(parents=True)
    made.joinpath("a/b/data.csv").write_text("1,2")
    made.joinpath("p1.ipynb").write_text("{}")
    made.joinpath("link").symlink_to("/etc/passwd")
    made.joinpath("folder").symlink_to("/etc")
    made.joinpath("nothing").symlink_to("nowhere")
    os.mkfifo(made / "pipe")
    with socket.socket(socket.AF_UNIX) as line:
        os.chdir(made)
        line.bind("line")
        os.chdir("/")
    return made


LEFT_OUT = {"link", "folder", "nothing", "pipe", "line"}


def test_regular_files_are_copied_and_the_rest_is_told(
    source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    left_out = disk.copy(source, target, 1 << 20)
    assert {remark.split("'")[1] for remark in left_out} == LEFT_OUT
    assert [p.name for p in target.rglob("*") if not p.is_dir()] == ["data.csv"]
    assert target.joinpath("a/b/data.csv").read_text() == "1,2"


def test_a_view_shows_the_same_without_a_copy(source: Path) -> None:
    view = disk.View(source, 1 << 20)
    try:
        shown = view.folder / "a/b/data.csv"
        assert shown.read_text() == "1,2" and shown.is_symlink()
        assert {p.name for p in view.folder.iterdir()} == {"a"}
        assert len(view.left_out()) == len(LEFT_OUT)
        view.hide(shown, "hidden")
        assert not shown.exists() and "hidden" in view.left_out()
    finally:
        view.close()
    assert not view.folder.exists() and source.joinpath("a/b/data.csv").exists()


def test_many_remarks_are_counted(tmp_path: Path) -> None:
    for number in range(50):
        tmp_path.joinpath(f"link{number}").symlink_to("x")
    view = disk.View(tmp_path, 1 << 20)
    view.close()
    assert len(view.left_out()) < 20 and "50" in view.left_out()[-1]


def sparse(folder: Path) -> None:
    with open(folder / "sparse.bin", "wb") as file:
        file.truncate(1 << 40)


TOO_MUCH = {
    "deep": (lambda folder: nest(folder, 1500), "too deep"),
    "sparse": (sparse, "too large"),
    "large": (lambda folder: folder.joinpath("x").write_bytes(bytes(2 << 20)), "too large"),
    "many": (
        lambda folder: [folder.joinpath(f"{n}").touch() for n in range(disk.MOST_SUBMITTED + 9)],
        "too many",
    ),
    "secret": (lambda folder: folder.joinpath("x").mkdir(mode=0), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_is_left_out(name: str, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    make, remark = TOO_MUCH[name]
    make(source)
    assert remark in str(disk.copy(source, target, 1 << 20))
    disk.empty(target)
    disk.empty(source)
    assert not list(source.iterdir()) and not list(target.iterdir())


def test_everything_can_be_removed(tmp_path: Path) -> None:
    nest(tmp_path, 1500)
    tmp_path.joinpath("d/closed").mkdir(mode=0)
    tmp_path.joinpath("link").symlink_to("/")
    tmp_path.joinpath("file").touch(mode=0)
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff\n")).touch()
    disk.empty(tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_link_is_followed_when_a_folder_is_emptied(tmp_path: Path) -> None:
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    theirs.mkdir()
    mine.mkdir()
    mine.joinpath("file").write_text("untouched")
    theirs.joinpath("link").symlink_to(mine)
    theirs.joinpath("deep").mkdir()
    theirs.joinpath("deep/link").symlink_to(mine)
    disk.empty(theirs)
    assert mine.joinpath("file").read_text() == "untouched"


def test_folders_of_the_dead_are_swept_and_those_of_the_living_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ours = disk.claim()
    if not (pid := os.fork()):
        folder = disk.claim()
        os.write(os.open(ours / "told", os.O_CREAT | os.O_WRONLY), bytes(folder))
        os._exit(0)
    os.waitpid(pid, 0)
    theirs = Path(ours.joinpath("told").read_text())
    assert theirs.exists()
    disk.sweep()
    assert ours.exists() and not theirs.exists()
    disk.remove(ours)
    assert not ours.exists()


def test_what_is_written_is_measured(tmp_path: Path) -> None:
    with open(tmp_path / "gone", "wb") as file:
        file.write(b"x" * (1 << 20))
        file.flush()
        os.fsync(file.fileno())
        assert not disk.fits([str(tmp_path)], 1 << 19)
        assert disk.fits([str(tmp_path)], 1 << 22)
        os.unlink(tmp_path / "gone")
        assert disk.fits([str(tmp_path)], 1 << 19)
        assert memory.unlinked_bytes(os.getpid()) >= 1 << 20


def test_what_cannot_be_seen_does_not_fit(tmp_path: Path) -> None:
    assert disk.fits([str(tmp_path), str(tmp_path / "missing")], 1 << 20)
    nest(tmp_path, 3000)
    assert not disk.fits([str(tmp_path)], 1 << 30)
    disk.empty(tmp_path)


def test_a_sparse_file_is_as_large_as_what_it_holds(tmp_path: Path) -> None:
    sparse(tmp_path)
    assert disk.fits([str(tmp_path)], 1 << 20)
