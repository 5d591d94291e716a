"""`synthdata infer --output`: what is there is kept, unless it may be replaced."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from pytest_synthdata.cli import cli


def infer(target: Path, *options: str, columns: str = "id bigint, email string") -> str:
    result = CliRunner().invoke(cli, ["infer", columns, "--table", "people", "--output", str(target), *options])
    return result.stderr


def test_the_same_source_is_written_again(tmp_path: Path) -> None:
    assert [infer(tmp_path / "new" / "people.py") for _ in range(2)] == ["", ""]


def test_edits_are_kept_unless_they_may_go(tmp_path: Path) -> None:
    target = tmp_path / "people.py"
    target.write_text("# mine\n")
    assert f"{target} differs from the factories of now; write elsewhere, or overwrite it: --overwrite" in infer(target)
    assert target.read_text() == "# mine\n"
    assert infer(target, "--overwrite") == ""
    assert "TableFactory" in target.read_text()


def test_of_two_files_neither_is_written_where_one_is_edited(tmp_path: Path) -> None:
    kinds = ",".join(f"'{letter}{number}'" for letter in "abc" for number in range(9))
    (tmp_path / "shop.sql").write_text(f"create table shop (id bigint, kind string check (kind in ({kinds})))")
    (tmp_path / "people_data.json").write_text("mine")
    said = infer(tmp_path / "people.py", columns=str(tmp_path / "shop.sql"))
    assert "people_data.json differs" in said
    assert not (tmp_path / "people.py").exists()


def test_without_a_file_there_is_nothing_to_overwrite() -> None:
    result = CliRunner().invoke(cli, ["infer", "id bigint", "--overwrite"])
    assert result.exit_code == 2
    assert "--overwrite replaces a file: it goes with --output" in result.output
