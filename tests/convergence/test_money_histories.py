"""Both properties on histories of few payments and few invoices, so that most payments meet an invoice."""

import pytest
from hypothesis import given

from tests.convergence import test_convergence, test_oracle
from tests.convergence.test_convergence import HISTORY, run
from tests.support.money_vendor import generate_money_bodies, money_vendor


@pytest.mark.django_db
@run(max_examples=100)
@given(**HISTORY)
def test_payments_and_invoices_converge_whatever_the_order(db: None, seed: int, size: int) -> None:
    with money_vendor():
        test_convergence.check(seed, size, make_bodies=generate_money_bodies)


@pytest.mark.django_db
@run(max_examples=60)
@given(**HISTORY)
def test_open_amounts_are_what_the_oracle_computes(db: None, seed: int, size: int) -> None:
    with money_vendor():
        test_oracle.check(seed, size, make_bodies=generate_money_bodies)


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@run(max_examples=2_000)
@given(**HISTORY)
def test_two_thousand_histories_of_payments_converge(db: None, seed: int, size: int) -> None:
    with money_vendor():
        test_convergence.check(seed, size, make_bodies=generate_money_bodies)
        test_oracle.check(seed, size, make_bodies=generate_money_bodies)
