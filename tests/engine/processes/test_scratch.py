"""What judge and student find in their working copies."""

from __future__ import annotations

from pathlib import Path

import nbformat

from autograder.engine.grading import Settings, judge_notebook
from tests.engine.small_course import cell, solution


def test_links_of_the_course_are_followed_and_those_to_nowhere_left_out(
    tmp_path: Path,
) -> None:
    """Assignments of a course share modules by relative links."""
    course, work = tmp_path / "course", tmp_path / "work"
    for folder in (course / "one", course / "two", work):
        folder.mkdir(parents=True)
    course.joinpath("one/helper.py").write_text("LIMIT = 3")
    course.joinpath("two/helper.py").symlink_to("../one/helper.py")
    course.joinpath("two/data").symlink_to("../one")
    course.joinpath("two/nothing.txt").symlink_to("nowhere.txt")
    course.joinpath("two/p.ipynb").write_text("{}")
    work.joinpath("link").symlink_to(course)
    work.joinpath("own.txt").write_text("mine")
    test = "import os\nfrom helper import LIMIT\nassert LIMIT == 3\n"
    test += "assert sorted(os.listdir()) == ['data', 'helper.py'], os.listdir()\n"
    test += "assert os.listdir('data') == ['helper.py']\nassert f() == ['own.txt'], f()"
    cells = [
        solution("f", "import os\ndef f(): return os.listdir()"), cell("test", "t", test),
    ]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=cells)
    verdicts = judge_notebook(notebook, notebook, work, course / "two", Settings())
    assert verdicts["t"].passed, notebook.cells[-1].outputs


def test_a_fresh_process_starts_with_a_clean_copy(tmp_path: Path) -> None:
    tmp_path.joinpath("own.txt").write_text("mine")
    leaves = "import os\ndef f():\n    open('left', 'w').close()\n    os.remove('own.txt')\n    os._exit(3)"
    cells = [
        solution("f", leaves), cell("test", "t", "f()"),
        solution("g", "import os\ndef g(): return os.listdir()"),
        cell("test", "u", "assert g() == ['own.txt'], g()"),
    ]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=cells)
    verdicts = judge_notebook(notebook, notebook, tmp_path, tmp_path, Settings())
    assert not verdicts["t"].passed
    assert verdicts["u"].passed, notebook.cells[-1].outputs
