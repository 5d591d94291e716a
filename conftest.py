"""For the tests of the plugin itself: pytest's own fixture for running pytest inside a test."""

pytest_plugins = ["pytester"]
