"""A code is random, and a typing mistake never finds another cheque."""

import random

import pytest

from vouchers import codes


@pytest.mark.parametrize(
    ("signs", "check"), [("7K3M9QW2XRT", "6"), ("00000000001", "2"), ("ZZZZZZZZZZZ", "K")]
)
def test_the_check_sign_is_that_of_the_design(signs: str, check: str) -> None:
    assert codes.check_sign(signs) == check
    assert codes.is_whole(signs + check)


def test_every_wrong_sign_and_every_swap_of_neighbours_is_caught() -> None:
    chance = random.Random(1)
    for _ in range(50):
        signs = "".join(chance.choices(codes.ALPHABET, k=11))
        whole = signs + codes.check_sign(signs)
        for place in range(12):
            for sign in codes.ALPHABET:
                wrong = whole[:place] + sign + whole[place + 1 :]
                assert codes.is_whole(wrong) == (wrong == whole)
        for place in range(11):
            swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
            assert codes.is_whole(swapped) == (swapped == whole)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" 7k3m-9qw2-xrt6 ", "7K3M9QW2XRT6"),
        ("o0Oo iIlL 1", "000011111"),
        ("", ""),
    ],
)
def test_a_code_may_be_typed_as_people_do(typed: str, meant: str) -> None:
    assert codes.normalised(typed) == meant


@pytest.mark.parametrize("signs", ["", "A", "U" * 12, "7K3M9QW2XRT", "é" * 12, "\x00" * 12])
def test_what_is_no_code_is_not_whole(signs: str) -> None:
    assert not codes.is_whole(signs)


def test_codes_are_drawn_whole_and_grouped_for_reading() -> None:
    assert len(codes.new_code()) == 16
    assert codes.is_whole(codes.new_typed_code())
    assert codes.is_whole(codes.new_number())
    assert codes.grouped("7K3M9QW2XRT6") == "7K3M 9QW2 XRT6"
