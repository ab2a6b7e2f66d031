"""What one submission may use: stated here once."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Limits(msgspec.Struct, frozen=True):
    """Numbers that the course can set as `c.IsolatedExecute.<name>`."""

    cell_seconds: Annotated[float, Meta(description="seconds that a cell may take")] = (
        30
    )
    call_seconds: Annotated[
        float, Meta(description="seconds that a test waits for a student's function")
    ] = 10
    submission_seconds: Annotated[
        int, Meta(description="seconds for one notebook, of time and of CPU time")
    ] = 300
    memory_bytes: Annotated[int, Meta(description="memory of all processes")] = 4 << 30
    processes: Annotated[int, Meta(description="processes and threads")] = 256
    open_files: Annotated[int, Meta(description="open files of a process")] = 256
    file_bytes: Annotated[int, Meta(description="size of one file")] = 256 << 20
    disk_bytes: Annotated[int, Meta(description="size of all files")] = 1 << 30
    output_bytes: Annotated[
        int, Meta(description="shown output of a cell; a notebook's may be four times")
    ] = 8 << 20
    message_bytes: Annotated[
        int, Meta(description="size of the arguments or the result of one call")
    ] = 256 << 20
