"""What every test may rely on, whichever runs first and beside whichever others."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# as in a kernel: matrices here are small, and idle threads of BLAS spin
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# nbgrader calls `alembic` by name: it is found in an environment not activated
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
)

import pytest
from hypothesis import settings
from nbgrader import api

# how long one example takes depends on who else is at work
settings.register_profile("beside others", deadline=None)
settings.load_profile("beside others")


LONG_FILES = (
    *("plugin", "jazz_improvisation", "jazz_modules", "jazz_claims", "dinosaur_names"),
    *("attacks", "demo", "rnn_lstm", "gru_experiments"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: a worker that starts one late would end alone with it."""
    long = {f"test_{name}.py" for name in LONG_FILES}
    items.sort(key=lambda item: item.path.name not in long)


@pytest.fixture(scope="session", autouse=True)
def schema_version() -> Iterator[None]:
    """For each new gradebook nbgrader asks a new process, which says the same."""
    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(api.get_alembic_version)
        patch.setattr(api, "get_alembic_version", once)
        yield


PATIENCE = 60_000  # milliseconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser."""
    from playwright.sync_api import expect, sync_playwright

    from tests.jupyter import CHROMIUM, QUIET

    if CHROMIUM is None:
        if "CI" in os.environ:
            pytest.fail("CI must install chromium")
        pytest.skip("no chromium: install it to run the browser tests")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tab of its own."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()
