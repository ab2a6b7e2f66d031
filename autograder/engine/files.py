"""Files of the working folder that tests and answers write for each other."""

from __future__ import annotations

import builtins
import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.engine.judge import Judge

CODE = (".py", ".pyc", ".so", ".pth")


class Files:
    """Files of the working folder that tests and answers write for each other.

    Both have a folder of their own. A file that a test opens and the course does not
    have is asked of the student; one that a test writes is handed over.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._written: dict[str, bytes | None] = {}
        self._open = builtins.open
        builtins.open = io.open = self.open
        judge.namespace["open"] = self.open

    def open(self, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        """As the built-in function."""
        name = self._name(file)
        if name and set(mode) & set("wax+"):
            self._written.setdefault(name, None)
        elif name and (name in self._written or not os.path.lexists(name)):
            content = self._content(name)
            if content is not None and not name.endswith(CODE):
                self._written[name] = content
                with self._open(name, "wb") as copy:
                    copy.write(content)
            elif content is not None:  # nothing that could be imported lies here
                found = io.BytesIO(content)
                return found if "b" in mode else io.TextIOWrapper(found, "utf-8")
        return self._open(file, mode, *args, **kwargs)

    @staticmethod
    def _name(file: Any) -> str:
        """The name of a file in the working folder, else nothing."""
        with suppress(TypeError, ValueError):
            path = os.path.relpath(os.fsdecode(file))
            if not path.startswith(os.pardir) and os.path.isdir(
                os.path.dirname(path) or "."
            ):
                return path
        return ""

    def _content(self, name: str) -> bytes | None:
        """What the student's file holds."""
        if self._judge.kernel.in_request or self._judge.kernel.lost:
            return None
        with suppress(FileNotFoundError, IsADirectoryError, PermissionError):
            found = self._judge.kernel.ask("read_file", name)
            return found if type(found) is bytes else None
        return None

    def send(self) -> None:
        """Hand over what tests have written since."""
        for name, before in self._written.items():
            content = None
            with suppress(OSError), self._open(name, "rb") as file:
                content = file.read()
            if content != before:
                self._written[name] = content
                seconds = self._judge.limits["call_seconds"]
                self._judge.kernel.within(seconds, "write_file", name, content)
