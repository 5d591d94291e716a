"""`python -m pytest_synthdata.cli` is the `synthdata` command, as `python -m pytest_synthdata` is."""

from pytest_synthdata.cli import main

if __name__ == "__main__":
    main()
