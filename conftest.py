"""For the tests of the plugin itself: pytest's own fixture for running pytest inside a test."""

import os

# A pytest inside a test has another home: its Spark shall start from the same archive nevertheless.
os.environ.setdefault("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))  # noqa: PTH111

pytest_plugins = ["pytester"]
