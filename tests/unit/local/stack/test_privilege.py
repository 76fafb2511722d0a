import os
import pwd

import pytest

from local.stack.privilege import elsewhere, own_folder, reachable


@pytest.fixture
def stranger():
    return pwd.struct_passwd(("stranger", "x", 54321, 54321, "", "/", "/bin/false"))


@pytest.fixture
def open_folder(tmp_path, monkeypatch):
    """A folder whose parents count as open to all, wherever pytest keeps it."""
    real = type(tmp_path).stat
    above = set(tmp_path.parents)

    def stat(path, **options):
        found = real(path, **options)
        return os.stat_result([found.st_mode | 0o001, *found[1:]]) if path in above else found

    monkeypatch.setattr(type(tmp_path), "stat", stat)
    tmp_path.chmod(0o755)
    return tmp_path


def test_who_stays_who_he_is_reaches_everything(tmp_path):
    tmp_path.chmod(0o700)
    assert reachable(tmp_path, None)


def test_one_closed_folder_on_the_way_bars_a_stranger(open_folder, stranger):
    inner = open_folder / "closed" / "inner"
    inner.mkdir(parents=True)
    assert reachable(inner, stranger)
    inner.parent.chmod(0o700)
    assert not reachable(inner, stranger)


def test_data_that_would_be_out_of_reach_goes_to_the_temporary_folder(tmp_path, monkeypatch, stranger):
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.setattr("os.chown", lambda *_: None)
    wanted = tmp_path / "data" / "postgres"
    given = own_folder(wanted, stranger)
    assert given == elsewhere(wanted)
    assert given.stat().st_mode & 0o777 == 0o700


def test_an_owned_folder_begins_empty(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "old").touch()
    assert list(own_folder(tmp_path / "postgres", None).iterdir()) == []


def test_two_checkouts_do_not_share_a_temporary_folder(tmp_path):
    assert elsewhere(tmp_path / "a" / "postgres") != elsewhere(tmp_path / "b" / "postgres")
