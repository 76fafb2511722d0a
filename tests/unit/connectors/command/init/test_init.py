"""polarshake init, with the input that a user types."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.command.app import polarshake
from connectors.config import Settings, load
from connectors.config.reference import application_yaml


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs the command. `typed`: the answers to the questions."""
    monkeypatch.chdir(tmp_path)

    def init(*arguments, typed=None):
        return CliRunner().invoke(polarshake, ["init", *arguments], input=typed, terminal_width=80)

    return init


def written(name="application.yaml"):
    return load(["--config", name], {})


def test_the_options_are_in_the_file_and_every_comment_too(run):
    done = run(
        *("--target", "polardb", "--region", "cn-north-1", "--endpoint", "http://pe-1:5432"),
        *("--tables", "orders;user_*", "--dead-letters", "/mnt/dead", "--set", "scan.readLimit.rate=500"),
    )
    assert done.exit_code == 0, done.output
    made = written()
    assert made.dynamodb.region == "cn-north-1"
    assert made.polardb.endpoint == "http://pe-1:5432"
    assert made.filter.white_table_set == ("orders", "user_*")
    assert made.dead_letter.path == "/mnt/dead"
    assert made.scan.read_limit.rate == 500
    text = Path("application.yaml").read_text()
    comments = [line for line in application_yaml().splitlines() if line.strip().startswith("#")]
    assert [line for line in text.splitlines() if line.strip().startswith("#")] == comments


def test_without_options_and_without_a_terminal_the_defaults_are_written(run):
    assert run().exit_code == 0
    assert written() == Settings()


def test_questions_are_those_of_the_target(run):
    done = run("--ask", typed="mongodb\ncn-north-1\nshop\norders\n/mnt/dead\n")
    assert done.exit_code == 0, done.output
    made = written()
    assert (made.target, made.mongodb.database, made.dynamodb.region) == ("mongodb", "shop", "cn-north-1")
    assert "PolarDB's" not in done.output


def test_a_value_given_as_an_option_is_not_asked_for(run):
    done = run(
        *("--ask", "--target", "polardb", "--region", "eu-west-1", "--endpoint", "http://h:1"),
        typed="\n\n\n",
    )
    assert done.exit_code == 0, done.output
    assert "region" not in done.output.split("is written")[0]


def test_the_question_is_repeated_after_an_invalid_answer(run):
    done = run("--ask", typed="mysql\npolardb\n\nnowhere\nhttp://h:5432\n\n\n\n")
    assert done.exit_code == 0, done.output
    assert "allowed: mongodb, polardb" in done.output
    assert "must be a URL" in done.output
    assert written().polardb.endpoint == "http://h:5432"


def test_an_existing_file_is_overwritten_only_with_force(run):
    Path("application.yaml").write_text("mode: full\n")
    refused = run("--ask", typed="")
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert Path("application.yaml").read_text() == "mode: full\n"
    assert run("--force").exit_code == 0
    assert written().mode == "all"


def test_all_invalid_values_are_reported_and_nothing_is_written(run):
    done = run("--endpoint", "http://me:hunter2@host", "--tables", "orders", "--except-tables", "users")
    assert done.exit_code == 2
    assert "polardb.endpoint must not contain a user or a password" in done.output
    assert "hunter2" not in done.output
    done = run("--tables", "orders", "--except-tables", "users")
    assert (done.exit_code, "only one of them may be" in done.output) == (2, True)
    done = run("--set", "scan.segmets=4")
    assert (done.exit_code, "scan.segments" in done.output) == (2, True)
    assert not Path("application.yaml").exists()


def test_a_missing_folder_is_named(run):
    done = run("--output", "no/where.yaml")
    assert (done.exit_code, "no/where.yaml" in done.output) == (2, True)
    done = run("--from", "no.conf")
    assert (done.exit_code, "no.conf" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("target", "names", "others"),
    [
        ("polardb", ["POLARSHAKE_POLARDB_AK", "POLARSHAKE_POLARDB_PASSWORD"], ["POLARSHAKE_MONGODB_URI"]),
        ("mongodb", ["POLARSHAKE_MONGODB_URI", "POLARSHAKE_DYNAMODB_AK"], ["POLARSHAKE_POLARDB_AK"]),
    ],
)
def test_the_last_lines_say_where_to_set_the_secrets_of_this_target(run, target, names, others):
    output = run("--target", target).output
    assert all(name in output for name in names)
    assert not any(name in output for name in others)
    assert "polarshake doctor --config application.yaml" in output


OLD = """\
sync_mode = full
source.access_key_id = AKIA-one
source.secret_access_key = key-two
target.type = aliyun_dynamo_proxy
target.address = http://pe-1:5432
target.access_key_id = name-three
target.secret_access_key = key-four
target.db.exist = drop
increase.executor.insert_on_dup_update = true
"""


def test_an_old_file_is_converted_and_every_outcome_fits_80_columns(run):
    Path("nimo-shake.conf").write_text(OLD)
    done = run("--from", "nimo-shake.conf", "--region", "cn-north-1", "--existing", "recreate", "--verbose")
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 80
    for line in OLD.splitlines():
        assert line.split(" ")[0] in done.output
    for secret in ("AKIA-one", "key-two", "name-three", "key-four"):
        assert secret not in done.output + Path("application.yaml").read_text()
    made = written()
    assert (made.mode, made.tables.existing, made.dynamodb.region) == ("full", "recreate", "cn-north-1")
    assert "DROPS" in done.output


def test_tables_are_dropped_only_after_a_yes(run):
    Path("nimo-shake.conf").write_text(OLD)
    for words, typed, existing, code in (
        ((), None, "keep", 1),  # nobody can be asked
        (("--ask", "--no-ask"), "", "keep", 1),
        (("--existing", "keep"), None, "keep", 0),
        (("--existing", "recreate"), None, "recreate", 0),
        (("--set", "tables.existing=recreate"), None, "recreate", 0),
    ):
        done = run("--force", "--from", "nimo-shake.conf", *words, typed=typed)
        assert (done.exit_code, written().tables.existing) == (code, existing), words


@pytest.mark.parametrize(("answer", "existing"), [("y", "recreate"), ("n", "keep"), ("", "keep")])
def test_at_a_terminal_the_drop_is_asked_for_and_no_is_the_default(run, answer, existing):
    Path("nimo-shake.conf").write_text(OLD)
    done = run("--ask", "--from", "nimo-shake.conf", typed=f"{answer}\n" + "\n" * 9)
    assert "DROP and create them again (tables.existing: recreate)? [y/N]" in done.output
    assert (done.exit_code, written().tables.existing) == (0, existing)


def test_what_needs_the_user_comes_first_and_what_is_not_needed_is_only_counted(run):
    Path("nimo-shake.conf").write_text(f"{OLD}odd.key = 1\n")
    output = run("--from", "nimo-shake.conf").output
    lines = [line.split()[0] for line in output.split("\nnimo-shake.conf:")[0].splitlines() if line.strip()]
    assert output.startswith("2 keys of nimo-shake.conf need you:")
    assert lines[1] == "do"
    assert lines.index("unknown") < lines.index("mapped") < lines.index("secret")
    assert "not needed  " not in output
    assert "--verbose shows those that are not needed" in " ".join(output.split())
    assert "not needed  " in run("--force", "--from", "nimo-shake.conf", "--verbose").output


def test_a_key_that_needs_a_decision_changes_the_exit_code(run):
    Path("nimo-shake.conf").write_text(f"{OLD}odd.key = 1\n")
    done = run("--from", "nimo-shake.conf")
    assert done.exit_code == 1
    assert "odd.key" in done.output
    assert written().mode == "full"


def test_an_option_wins_over_the_older_file(run):
    Path("nimo-shake.conf").write_text(OLD)
    run("--from", "nimo-shake.conf", "--mode", "all", "--existing", "keep")
    assert (written().mode, written().tables.existing) == ("all", "keep")


@pytest.mark.parametrize(
    ("target", "key"), [("polardb", "polardb.endpoint"), ("mongodb", "mongodb.database")]
)
def test_what_no_job_starts_without_is_named_while_it_is_missing(run, target, key):
    done = run("--no-ask", "--target", target)
    assert done.exit_code == 0
    assert f"Still missing: {key}." in done.output
    done = run("--force", "--target", target, "--endpoint", "http://h:1", "--database", "shop")
    assert "missing" not in done.output


def test_values_are_shown_as_they_are_typed_and_their_case_does_not_matter(run):
    assert "What to do: all, full, incremental or schema." in " ".join(run("--help").output.split())
    assert run("--mode", "Full", "--existing", "KEEP", "--target", "PolarDB").exit_code == 0
    assert (written().mode, written().tables.existing, written().target) == ("full", "keep", "polardb")


def test_an_empty_option_is_an_answer_and_is_not_asked_for(run):
    done = run("--ask", "--tables", "", "--dead-letters", "", "--hostname", "", typed="\n\nhttp://h:1\n")
    assert done.exit_code == 0, done.output
    assert "ables to migrate" not in done.output
    assert written().filter.white_table_set == ()
    assert written().polardb.endpoint == "http://h:1"


def test_an_empty_target_is_asked_for_or_is_the_default(run):
    assert run("--no-ask", "--target", "").exit_code == 0
    assert written().target == "polardb"
    done = run("--force", "--ask", "--target", "", typed="mongodb\n\nshop\n\n\n")
    assert (done.exit_code, written().mongodb.database) == (0, "shop")


@pytest.mark.parametrize(
    "option",
    [
        ("--tables", ""),
        ("--tables", " ;, "),
        ("--set", "filter.whiteTableSet="),
        ("--set", "filter.whiteTableSet=[]"),
        ("--set", "filter.whiteTableSet=;"),
    ],
)
def test_an_empty_option_does_not_remove_the_filter_of_the_old_file(run, option):
    """`--tables $UNSET` would migrate every table, and this file drops them at the target."""
    Path("nimo-shake.conf").write_text(f"{OLD}filter.collection.white = orders\n")
    done = run("--from", "nimo-shake.conf", *option)
    assert done.exit_code == 2
    assert (
        'filter.whiteTableSet is empty but is set in nimo-shake.conf; for all tables give "*"' in done.output
    )
    assert not Path("application.yaml").exists()
    assert run("--from", "nimo-shake.conf", "--tables", "*", "--existing", "keep").exit_code == 0


@pytest.mark.parametrize(
    ("pair", "named"),
    [
        ("foo.bar=1", "foo is not a known key"),
        ("polardb.endpont=x", "did you mean polardb.endpoint?"),
        ("Zm9v1/secret=x", "--set number 1: ? is not a known key"),
        ("no-value", "its value must be KEY=VALUE"),
    ],
)
def test_a_key_that_is_not_known_is_named_or_its_place_is(run, pair, named):
    done = run("--set", pair)
    assert done.exit_code == 2
    assert named in done.output
    assert "secret" not in done.output


@pytest.mark.parametrize(
    "folder", ["dead", "./dead", "../dead", "~/dead", "$HOME/dead", "file:///dead", "no"]
)
def test_a_folder_for_dead_letters_that_is_not_absolute_is_refused(run, folder):
    done = run("--dead-letters", folder)
    assert done.exit_code == 2
    assert "deadLetter.path must be the absolute path of a local folder" in done.output
    assert not Path("application.yaml").exists()
