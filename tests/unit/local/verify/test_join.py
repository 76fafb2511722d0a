from typing import Dict

from hypothesis import given
from hypothesis import strategies as st

from local.verify.join import ABSENT, Join
from local.verify.verdict import EXAMPLES, TableVerdict, Verdict

sides = st.dictionaries(st.binary(min_size=1, max_size=1), st.sampled_from([b"x", b"y"]), max_size=6)


def joined(expected: Dict[bytes, bytes], found: Dict[bytes, bytes]) -> TableVerdict:
    join = Join(TableVerdict("t"))
    for key, value in expected.items():
        join.expect(key, value)
    for key, value in found.items():
        join.meet(key, value)
    return join.finish()


@given(sides, sides)
def test_the_counts_are_those_of_comparing_two_dictionaries(
    expected: Dict[bytes, bytes], found: Dict[bytes, bytes]
) -> None:
    verdict = joined(expected, found)
    both = expected.keys() & found.keys()
    assert verdict.missing == len(expected.keys() - found.keys())
    assert verdict.extra == len(found.keys() - expected.keys())
    assert verdict.different == sum(expected[key] != found[key] for key in both)
    assert (verdict.expected, verdict.found, verdict.twice) == (len(expected), len(found), 0)
    assert verdict.equal == (expected == found)


def test_a_key_that_comes_twice_is_a_fault_on_either_side() -> None:
    join = Join(TableVerdict("t"))
    join.expect(b"k", b"x")
    join.expect(b"k", b"x")
    join.meet(b"k", b"x")
    join.meet(b"k", b"x")
    assert join.finish().twice == 2
    assert not join.verdict.equal


def test_a_deleted_key_that_is_back_is_extra_and_one_that_is_gone_is_right() -> None:
    assert joined({b"k": ABSENT}, {b"k": b"x"}).extra == 1
    assert joined({b"k": ABSENT}, {}).equal


def test_a_key_of_unknown_state_may_be_in_either_state_but_in_no_third() -> None:
    def found(*digests: bytes) -> TableVerdict:
        join = Join(TableVerdict("t"))
        join.expect(b"k", (b"x", ABSENT))
        for digest in digests:
            join.meet(b"k", digest)
        return join.finish()

    assert found().equal
    assert found(b"x").equal
    assert found(b"z").different == 1


def test_a_few_examples_are_kept_of_each_kind() -> None:
    verdict = joined(
        {bytes([each]): b"x" for each in range(50)}, {bytes([each]): b"x" for each in range(90, 99)}
    )
    assert [kind for kind, _, _ in verdict.examples].count("missing") == EXAMPLES
    assert [kind for kind, _, _ in verdict.examples].count("extra") == EXAMPLES


def test_a_comparison_of_nothing_is_not_equal() -> None:
    assert not Verdict([]).equal
    assert Verdict([TableVerdict("t")]).equal
    assert not Verdict([TableVerdict("t"), TableVerdict("u", problem="absent")]).equal


def test_a_verdict_prints_counts_examples_and_its_end() -> None:
    text = str(
        Verdict([joined({b"a": b"x"}, {b"a": b"y"}), TableVerdict("u", problem="absent on the target")])
    )
    assert (
        text == "t: 1 items expected, 1 found: 1 different\n  different a\nu: absent on the target\nNOT EQUAL"
    )
