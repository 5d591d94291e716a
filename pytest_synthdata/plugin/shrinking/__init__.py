"""A failing test is run again on less and less data, before it is reported."""
