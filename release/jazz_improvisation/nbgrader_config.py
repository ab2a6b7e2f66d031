"""For nbgrader, where it is installed: Validate shows titles of checks, not code.

`python check.py` tells the same and more, and needs no nbgrader.
"""

from nbgrader.utils import compute_checksum


def title_only(cell, cell_index):
    """Shorten a test cell that is as it was handed out."""
    about = cell.metadata.get("nbgrader", {})
    if about.get("grade") and about.get("checksum") == compute_checksum(cell):
        cell.source = cell.source.partition("\n")[0]
        about["checksum"] = compute_checksum(cell)


c = get_config()  # noqa: F821  (given by traitlets)
c.Execute.on_cell_complete = title_only
