"""nbgrader's formgrader, which shows students' work on the origin of Jupyter.

There a script could give points, run code and open a terminal. So a page of a
submission runs the formgrader's own scripts and no others, and files that came with a
notebook open in a sandbox.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tornado.web import HTTPError

HANDLERS = "nbgrader.server_extensions.formgrader.handlers"
SANDBOX = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline';"
    " frame-ancestors 'self'"
)


def protect() -> None:
    """Have the formgrader of this process show students' work harmlessly.

    Where there is none, as in nbgrader's commands, nothing is done. nbgrader has no
    setting for it.
    """
    handlers: Any = sys.modules.get(HANDLERS)
    if handlers is not None:
        handlers.SubmissionHandler.content_security_policy = SANDBOX
        handlers.SubmissionHandler.exporter = property(_exporter)
        handlers.SubmissionFilesHandler.content_security_policy = SANDBOX
        handlers.FormgraderHandler.prepare = _refuse_courses_within


async def _refuse_courses_within(handler: Any) -> None:
    """No course is opened below this one: its configuration, which is code, would run.

    A student can hand in a file of that name, and a link that leads there.
    """
    await super(type(handler), handler).prepare()
    root = Path(handler.coursedir.root).resolve()
    asked = Path(handler.get_argument("path", "") or root).resolve()
    if asked != root and asked.is_relative_to(root):
        raise HTTPError(403, f"{asked} is a folder of this course, and no course.")


def _exporter(handler: Any) -> Any:
    """The exporter of one page; its header allows that page's own scripts."""
    from autograder.pages import SubmissionPage  # nbgrader's commands need none of it

    page = SubmissionPage(config=handler.settings["nbgrader_exporter"].config)
    handler.set_header("Content-Security-Policy", page.policy())
    return page
