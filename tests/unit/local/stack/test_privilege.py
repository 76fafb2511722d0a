import os
import pwd

import pytest

from local.stack.privilege import elsewhere, own_folder, reachable


@pytest.fixture
def stranger():
    return pwd.struct_passwd(("stranger", "x", 54321, 54321, "", "/", "/bin/false"))


@pytest.fixture
def open_folder(tmp_path, monkeypatch):
    """A folder whose parents count as open to all users, whatever the folder of pytest."""
    real = type(tmp_path).stat
    above = set(tmp_path.parents)

    def stat(path, **options):
        found = real(path, **options)
        return os.stat_result([found.st_mode | 0o001, *found[1:]]) if path in above else found

    monkeypatch.setattr(type(tmp_path), "stat", stat)
    tmp_path.chmod(0o755)
    return tmp_path


def test_a_process_that_keeps_its_user_can_access_everything(tmp_path):
    tmp_path.chmod(0o700)
    assert reachable(tmp_path, None)


def test_a_closed_parent_folder_prevents_access_by_another_user(open_folder, stranger):
    inner = open_folder / "closed" / "inner"
    inner.mkdir(parents=True)
    assert reachable(inner, stranger)
    inner.parent.chmod(0o700)
    assert not reachable(inner, stranger)


def test_data_in_an_inaccessible_folder_is_moved_to_the_temporary_folder(tmp_path, monkeypatch, stranger):
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
