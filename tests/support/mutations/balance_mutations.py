"""The mutations of the rules of what depends on other records."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from entities.models import Invoice
from entities.writing import derive, row_locks
from entities.writing.record_tables import record_table
from tests.convergence import (
    test_money_rules,
)
from tests.support.mutations.mutation import Mutation


def _change_balance(former: str, changed: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that computes the open amount by another SQL."""
    table = record_table(Invoice)
    statement = table.balances["amount_open"]
    assert former in statement, statement
    balances = {"amount_open": statement.replace(former, changed)}

    def take_out(patch: pytest.MonkeyPatch) -> None:
        tables = {Invoice: replace(table, balances=balances)}
        patch.setattr(derive, "record_table", lambda model: tables.get(model) or record_table(model))

    return take_out


def _only_wholes_of_today(patch: pytest.MonkeyPatch) -> None:
    """Forget which invoice a payment was of before."""
    find = row_locks._find_wholes
    patch.setattr(row_locks, "_find_wholes", lambda model, rows, *rest: find(model, [], *rest))


BALANCES = [
    Mutation(
        "payments do not count",
        _change_balance("sum(", "0 * sum("),
        test_money_rules.test_open_is_the_total_minus_the_payments_whatever_comes_first,
    ),
    Mutation(
        "the vendor's own word of what is paid does not count",
        _change_balance('whole."amount_paid"', "0"),
        test_money_rules.test_the_more_of_the_payments_and_the_vendors_own_word_counts,
    ),
    Mutation(
        "a deleted payment counts",
        _change_balance("NOT part.is_deleted", "true"),
        test_money_rules.test_a_deleted_payment_does_not_count,
    ),
    Mutation(
        "a payment in another currency counts",
        _change_balance('coalesce(part."currency" = whole."currency", true)', "true"),
        test_money_rules.test_a_payment_in_a_currency_that_the_invoice_is_not_in_does_not_count,
    ),
    Mutation(
        "a payment that moves is still missing at its former invoice",
        _only_wholes_of_today,
        test_money_rules.test_a_payment_that_moves_to_another_invoice_is_open_again_at_the_former,
    ),
    Mutation(
        "the open amount is computed of invoices' own events alone",
        lambda patch: patch.setattr(row_locks, "_find_wholes", lambda *part: ()),
        test_money_rules.test_open_is_the_total_minus_the_payments_whatever_comes_first,
    ),
    Mutation(
        "the open amount is computed of payments' events alone",
        lambda patch: patch.setattr(Invoice, "balances", {}),
        test_money_rules.test_a_payment_that_comes_before_its_invoice_counts,
    ),
    Mutation(
        "more may be open than the total",
        _change_balance('greatest(0, whole."amount_paid"', 'greatest(whole."amount_paid"'),
        test_money_rules.test_money_that_was_given_back_opens_no_more_than_the_total,
    ),
    Mutation(
        "less than nothing may be open",
        _change_balance("THEN greatest(0, ", "THEN ("),
        test_money_rules.test_open_is_never_below_zero,
    ),
    Mutation(
        "a paid invoice may be open",
        _change_balance("THEN 0", "THEN NULL"),
        test_money_rules.test_nothing_of_a_paid_invoice_is_open,
    ),
]
