"""`python -m pytest_synthdata` is the `synthdata` command."""

from pytest_synthdata.cli import main

if __name__ == "__main__":
    main()
