"""Lets `python -m autograder` stand for the console script."""

import sys

from autograder.cli import main

sys.exit(main())
