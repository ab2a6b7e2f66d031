"""What the attack bank does to stock nbgrader: a table by category.

    bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --unshare-pid \\
        python -m tests.engine.stock_attacks

Attacks that would harm the machine itself are left out. Run it in a sandbox: stock
nbgrader has none.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from tests.engine.attack_bank import ATTACKS, MASTER, SECRET, Attack


def main() -> None:
    """Grade each attack with stock nbgrader and count what came of it."""
    table: dict[str, Counter[str]] = {}
    course = _course(Path(tempfile.mkdtemp(), "course"))
    for attack in ATTACKS:
        row = table.setdefault(attack.category, Counter())
        row["attacks"] += 1
        if attack.stock:
            row["not run"] += 1
            continue
        for effect in effects(attack, course):
            row[effect] += 1
            print(attack.name, effect, file=sys.stderr, flush=True)
    columns = ("attacks", "not run", "points", "secrets", "stopped")
    print("| category |", " | ".join(columns), "|")
    for category, row in table.items():
        print(f"| {category} |", " | ".join(str(row[c]) for c in columns), "|")


def effects(attack: Attack, course: Path) -> set[str]:
    """Any of: points that were not earned, secrets learnt, grading stopped."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "course")
        shutil.copytree(course, root)
        _submission(root).write_text(attack.hand_in())
        _nbgrader(root, "autograde", "ps1")
        return set(_found(root))


def _course(root: Path) -> Path:
    for path in ("source/ps1", "submitted/mallory/ps1"):
        root.joinpath(path).mkdir(parents=True)
    config = "c = get_config()\nc.Execute.timeout = 5\n"
    root.joinpath("nbgrader_config.py").write_text(config)
    kernel = {"name": "python3", "display_name": "x", "language": "python"}
    master = nbformat.v4.new_notebook(cells=MASTER, metadata={"kernelspec": kernel})
    nbformat.write(master, root / "source/ps1/p1.ipynb")
    _nbgrader(root, "generate_assignment", "ps1")
    return root


def _submission(root: Path) -> Path:
    return root / "submitted/mallory/ps1/p1.ipynb"


def _nbgrader(root: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "nbgrader", *arguments]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, cwd=root, capture_output=True, timeout=120)


def _found(root: Path):
    graded = root / "autograded/mallory/ps1/p1.ipynb"
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        try:
            notebook = gradebook.find_submission_notebook("p1", "ps1", "mallory")
            scores = {g.name: g.score for g in notebook.grades}
        except (MissingEntry, Exception):
            scores = {}
    if scores.get("test_square") and scores["test_square"] > 0:
        yield "points"
    if not graded.is_file():
        yield "stopped"
        return
    for cell in nbformat.read(graded, as_version=4).cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") != "test_square":
            if SECRET in str(cell.get("outputs")):
                yield "secrets"
        elif any(SECRET in o.get("evalue", "") for o in cell.get("outputs", [])):
            yield "secrets"


if __name__ == "__main__":
    main()
