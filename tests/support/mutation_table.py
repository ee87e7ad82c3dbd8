"""Mutations: each takes one rule of docs/convergence.md out of the code, and names the check that fails then.

A check is the convergence property or the oracle at a seed that was searched for once, or the rule's own
test if the rule is about reading one event.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from entities.merge import extra_bounds
from entities.merge.clock import Rank, format_clock
from entities.merge.derived_columns import DerivedOrigin, RunStart, find_derived_origin
from entities.merge.registers import (
    ADDITION,
    EXISTS,
    EXTRA,
    Invalid,
    Register,
    State,
    bound_extra,
    extra_values,
    join_states,
    set_members,
    timeline_values,
    to_state,
)
from entities.models import Deal, Invoice
from entities.reading import bounded_statements, column_values, converters, envelope, mapper, times
from entities.reading.payload_reading import Reading
from entities.reading.plan import entity_plans
from entities.reading.texts import is_blank
from entities.search import document_keys
from entities.search.document_keys import join_former
from entities.search.search_keys import Key
from entities.vendors import get_vendor
from entities.writing import apply, conversations, derive, row_locks, search_writer, write_names
from entities.writing.record_tables import READ_HISTORY, record_table
from entities.writing.source_statement import SourceKey, SourceStatement
from events.processing import drain
from tests.convergence import (
    test_convergence,
    test_conversation_rules,
    test_derived_rules,
    test_existence_rules,
    test_money_rules,
    test_name_rules,
    test_oracle,
    test_reading_rules,
    test_register_rules,
    test_search_rules,
)
from tests.convergence import test_event_rules as test_event_rules
from tests.support.stored_histories import load_bodies

Check = Callable[[], None]
SIZE = 6


@dataclass(frozen=True)
class Mutation:
    """A rule that is taken out of the code, and the check that must fail then.

    what: what the code does without the rule, as docs/convergence.md lists it.
    take_out: patches the rule away; noticed_by: the check that fails then.
    """

    what: str
    take_out: Callable[[pytest.MonkeyPatch], None]
    noticed_by: Check

    @property
    def check(self) -> str:
        """The name of the check, as docs/convergence.md writes it."""
        found = self.noticed_by
        if not isinstance(found, partial):
            return f"`{found.__name__}`"
        name = "convergence" if found.func is test_convergence.check else "oracle"
        seed, size = found.args
        return f"{name}, seed {seed} of {size} events"


def caught_by_convergence(seed: int, size: int = SIZE) -> Check:
    return partial(test_convergence.check, seed, size, make_bodies=load_bodies)


def caught_by_oracle(seed: int, size: int = SIZE) -> Check:
    return partial(test_oracle.check, seed, size, make_bodies=load_bodies)


# Rules of the clock.


def _join_if(replaces: Callable[[Register, Register], bool]) -> Callable[[pytest.MonkeyPatch], None]:
    """Let a write replace the stored one if `replaces(stored, incoming)`."""

    def join(one: State, other: State) -> State:
        accepted = {
            name: incoming
            for name, incoming in other.items()
            if name not in one or replaces(one[name], incoming)
        }
        return bound_extra(one | accepted)

    return lambda patch: patch.setattr(apply, "join_states", join)


def _time(register: Register) -> str:
    return register.clock[:27]


def _without_rank(register: Register) -> tuple[str, str]:
    return register.clock[:27], register.clock[30:]


def _ranked(ranks: dict[Rank, Rank]) -> Callable[[pytest.MonkeyPatch], None]:
    def clock(occurred_at: Any, rank: Rank, digest: str) -> str:
        return format_clock(occurred_at, ranks.get(rank, rank), digest)

    return lambda patch: patch.setattr(mapper, "format_clock", clock)


CLOCKS = [
    Mutation("the later arrival wins", _join_if(lambda stored, incoming: True), caught_by_convergence(0)),
    Mutation("the first arrival wins", _join_if(lambda stored, incoming: False), caught_by_convergence(0)),
    Mutation(
        "at equal times the later arrival wins",
        _join_if(lambda stored, incoming: _time(stored) <= _time(incoming)),
        caught_by_convergence(3),
    ),
    Mutation(
        "at equal times and ranks the later arrival wins",
        _join_if(lambda stored, incoming: stored.clock[:29] <= incoming.clock[:29]),
        caught_by_convergence(3),
    ),
    Mutation(
        "no rank in the clock",
        _join_if(lambda stored, incoming: _without_rank(stored) < _without_rank(incoming)),
        caught_by_oracle(1),
    ),
    Mutation("copies rank as other events", _ranked({Rank.COPY: Rank.OTHER}), caught_by_oracle(0)),
    Mutation("created ranks as other events", _ranked({Rank.CREATED: Rank.OTHER}), caught_by_oracle(1)),
    Mutation("deleted ranks as other events", _ranked({Rank.DELETED: Rank.OTHER}), caught_by_oracle(0)),
    Mutation(
        "a time ahead of its receipt counts",
        lambda patch: patch.setattr(envelope, "MAX_AHEAD", timedelta(days=10_000)),
        test_existence_rules.test_a_time_more_than_a_day_ahead_counts_as_the_receipts,
    ),
]


# Rules of what a register, and a set of them, shows.


def _change_writes(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that changes each event's writes to a record before they are merged."""
    return lambda patch: patch.setattr(
        apply, "to_state", lambda writes, clock: to_state(change(writes), clock)
    )


def _convertible(writes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in writes.items() if not isinstance(value, Invalid)}


def _filter_extra(keep: Callable[[State, Register], bool]) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that computes `extra` from only some of the registers."""
    extra_of = extra_values

    def filtered(state: State) -> dict[str, Any]:
        return extra_of({name: register for name, register in state.items() if keep(state, register)})

    return lambda patch: patch.setattr(apply, "extra_values", filtered)


def _is_of_newest_extra(state: State, register: Register) -> bool:
    newest = max((stored.clock for name, stored in state.items() if name.startswith(EXTRA)), default="")
    return register.clock == newest or isinstance(register.value, Invalid)


def _change_additions(
    change: Callable[[str, Register], Register | None],
) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that changes or drops the additions to the tags."""
    labels = set_members

    def changed(state: State, column: str) -> list[str] | None:
        additions = {name: change(name, stored) for name, stored in state.items() if ADDITION in name}
        kept = {name: stored for name, stored in (state | additions).items() if stored is not None}
        return labels(kept, column)

    return lambda patch: patch.setattr(apply, "set_members", changed)


def _merge_documents(patch: pytest.MonkeyPatch) -> None:
    """Merge documents key by key, as if each key had a register of its own."""
    join = join_states

    def merged(one: State, other: State) -> State:
        both = {
            name: Register(max(one[name].clock, other[name].clock), one[name].value | other[name].value)
            for name in one.keys() & other.keys() & join(one, other).keys()
            if isinstance(one[name].value, dict) and isinstance(other[name].value, dict)
        }
        return join(one, other) | both

    patch.setattr(apply, "join_states", merged)


REGISTERS = [
    Mutation(
        "additions to the tags are not heard",
        _change_additions(lambda name, stored: None),
        caught_by_oracle(18),
    ),
    Mutation(
        "additions to the tags never end",
        _change_additions(lambda name, stored: Register("~", True)),
        caught_by_oracle(77),
    ),
    Mutation("extra is one register", _filter_extra(_is_of_newest_extra), caught_by_oracle(77)),
    Mutation(
        "what no column holds is not shown",
        _filter_extra(lambda state, register: not isinstance(register.value, Invalid)),
        caught_by_oracle(0),
    ),
    Mutation("what no column holds is shown for ever", _change_writes(timeline_values), caught_by_oracle(0)),
    Mutation("what no column holds is no newest word", _change_writes(_convertible), caught_by_oracle(0)),
    Mutation(
        "what no column holds drops the rest of its event",
        _change_writes(lambda writes: writes if _convertible(writes) == writes else {}),
        caught_by_oracle(0),
    ),
    Mutation("documents are merged key by key", _merge_documents, caught_by_convergence(55)),
]


# Rules of what `extra` has room for. The checks bound it to a few keys and bytes.

Digests = frozenset[str]


def _split_digests(
    split: Callable[[list[str]], tuple[Iterable[str], Iterable[str]]],
) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that chooses otherwise which keys are kept, and which are counted."""

    def changed(digests: Iterable[str]) -> tuple[Digests, Digests]:
        kept, counted = split(list(dict.fromkeys(digests)))
        return frozenset(kept), frozenset(counted)

    return lambda patch: patch.setattr(extra_bounds, "split_digests", changed)


def _first_to_arrive(digests: list[str]) -> tuple[list[str], list[str]]:
    last = extra_bounds.MAX_KEYS + extra_bounds.MAX_COUNTED_KEYS
    return digests[: extra_bounds.MAX_KEYS], digests[extra_bounds.MAX_KEYS : last]


def _raw_values_among_the_keys(state: State) -> dict[str, Any]:
    shown = extra_values(state)
    keys = sorted(shown, key=extra_bounds.key_digest)[: extra_bounds.MAX_KEYS]
    return {key: shown[key] for key in keys}


EXTRA_BOUNDS = [
    Mutation(
        "of too many keys the first to arrive are kept",
        _split_digests(_first_to_arrive),
        caught_by_convergence(0),
    ),
    Mutation(
        "a record keeps every key",
        _split_digests(lambda digests: (digests, ())),
        caught_by_oracle(0),
    ),
    Mutation(
        "keys that are not kept are not counted",
        _split_digests(lambda digests: (sorted(digests)[: extra_bounds.MAX_KEYS], ())),
        caught_by_oracle(0),
    ),
    Mutation(
        "an event's keys are not bounded before they are merged",
        lambda patch: patch.setattr(bounded_statements, "bound_writes", lambda writes: writes),
        caught_by_oracle(0),
    ),
    Mutation(
        "what no column holds counts among the keys",
        lambda patch: patch.setattr(apply, "extra_values", _raw_values_among_the_keys),
        caught_by_oracle(2),
    ),
    Mutation(
        "a long value is kept whole",
        lambda patch: patch.setattr(bounded_statements, "bound_value", lambda value: value),
        caught_by_oracle(1),
    ),
]


# Rules of existence.


def _deleted_for_ever(patch: pytest.MonkeyPatch) -> None:
    join = join_states

    def sticky(one: State, other: State) -> State:
        deletions = [
            state[EXISTS] for state in (one, other) if EXISTS in state and state[EXISTS].value is False
        ]
        return join(one, other) | ({EXISTS: max(deletions)} if deletions else {})

    patch.setattr(apply, "join_states", sticky)


def _projected(change: Callable[[State], dict[str, Any]]) -> Callable[[pytest.MonkeyPatch], None]:
    project = apply._project

    def changed(model: Any, state: State, *key: Any) -> dict[str, Any]:
        return project(model, state, *key) | change(state)

    return lambda patch: patch.setattr(apply, "_project", changed)


EXISTENCE = [
    Mutation("deleted once is deleted for ever", _deleted_for_ever, caught_by_oracle(10)),
    Mutation(
        "the later arrival says whether a record exists",
        _join_if(lambda stored, incoming: stored.clock < incoming.clock or isinstance(incoming.value, bool)),
        caught_by_convergence(3),
    ),
    Mutation(
        "copies say that a record exists",
        _change_writes(lambda writes: {EXISTS: True} | writes),
        caught_by_oracle(0),
    ),
    Mutation(
        "a copy leaves a placeholder",
        _projected(lambda state: {"is_placeholder": EXISTS not in state}),
        caught_by_oracle(0),
    ),
]


# Rules of what is derived.


def _history_by(order: str) -> Callable[[pytest.MonkeyPatch], None]:
    statement = READ_HISTORY.replace("ORDER BY record_id, clock", f"ORDER BY record_id, {order}")
    assert statement != READ_HISTORY
    return lambda patch: patch.setattr(derive, "READ_HISTORY", statement)


History = list[tuple[str, dict[str, Any]]]


def _read_off_newest(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    return find_derived_origin(rule, column, history[-1:])


def _read_off_run(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    return find_derived_origin(replace(rule, prefers_own_value=False), column, history)


def _read_off_any_of_its_words(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    """Derive a run of all of the rule's values: each is read as the first of them."""
    words = rule.values or frozenset()
    one_value_history = [
        (clock, {name: min(words) if value in words else value for name, value in written.items()})
        for clock, written in history
    ]
    return find_derived_origin(rule, column, one_value_history)


def _read_off_names(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    return find_derived_origin(replace(rule, columns=rule.columns[-1:]), column, history)


def _read_off_first_column(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    return find_derived_origin(replace(rule, columns=rule.columns[:1]), column, history)


def _won_by_any_end() -> dict[str, RunStart]:
    return Deal.derived_columns | {"won_at": Deal.derived_columns["closed_at"]}


def _first_events(statements: list[SourceStatement]) -> dict[SourceKey, str]:
    return {said.key: said.clock[:27] for said in reversed(statements) if said.writes}


def _no_bare_entries(patch: pytest.MonkeyPatch) -> None:
    write = apply._write_timeline
    patch.setattr(
        apply,
        "_write_timeline",
        lambda statements, ids: write([statement for statement in statements if statement.writes], ids),
    )


DERIVED = [
    Mutation("history is in the order of arrival", _history_by("id"), caught_by_convergence(15)),
    Mutation(
        "a run begins with its newest event",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_newest),
        caught_by_oracle(92),
    ),
    Mutation(
        "a run goes on from won to lost",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_any_of_its_words),
        test_derived_rules.test_a_deal_that_was_won_on_one_day_and_lost_on_a_later_one_is_closed_on_the_later,
    ),
    Mutation(
        "the vendor's own time of payment does not count",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_run),
        caught_by_oracle(1),
    ),
    Mutation(
        "a stage is its name alone",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_names),
        test_derived_rules.test_a_stage_with_the_same_id_goes_on_under_another_name,
    ),
    Mutation(
        "a stage without an id is none",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_first_column),
        test_derived_rules.test_a_stage_without_ids_is_known_by_its_name,
    ),
    Mutation(
        "won is any end",
        lambda patch: patch.setattr(Deal, "derived_columns", _won_by_any_end()),
        test_derived_rules.test_won_and_lost_are_the_beginnings_of_exactly_that_status,
    ),
    Mutation(
        "a record's first event is the first to arrive",
        lambda patch: patch.setattr(apply, "_earlier", lambda one, other: one or other),
        test_derived_rules.test_a_late_event_that_changes_nothing_is_the_first,
    ),
    Mutation(
        "copies are a record's own events",
        lambda patch: patch.setattr(apply, "_first_own_events", _first_events),
        caught_by_oracle(0),
    ),
    Mutation("the timeline leaves references out", _no_bare_entries, caught_by_oracle(1)),
]


# Rules of conversations.


def _derive_with(old: str, new: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that derives conversations by another statement."""
    make = conversations._conversation_statements

    def changed(model: Any) -> Any:
        statements = make(model)
        if statements is None:
            return None
        assert old in statements.derive
        return replace(statements, derive=statements.derive.replace(old, new))

    return lambda patch: patch.setattr(conversations, "_conversation_statements", changed)


def _forget_former_conversations(patch: pytest.MonkeyPatch) -> None:
    affected = conversations._affected_keys
    patch.setattr(
        conversations, "_affected_keys", lambda changes: affected((None, after) for _, after in changes)
    )


def _receipts_are_outbound(patch: pytest.MonkeyPatch) -> None:
    events: Any = get_vendor("seedly").events
    for name in ("message.delivered", "message.failed"):
        implied = events[name].implied | {"direction": "outbound"}
        patch.setitem(events, name, replace(events[name], implied=implied))


CONVERSATIONS = [
    Mutation(
        "the contacts of outbound messages take part in a conversation",
        _derive_with("(WHERE is_inbound AND party_id", "(WHERE party_id"),
        test_conversation_rules.test_the_contacts_of_a_conversation_are_those_of_its_inbound_messages,
    ),
    Mutation(
        "sub-accounts share their conversations",
        _derive_with("AND record.scope = key.scope", ""),
        test_conversation_rules.test_a_conversation_is_of_one_source_and_one_sub_account,
    ),
    Mutation(
        "a message that moves still counts where it was",
        _forget_former_conversations,
        test_conversation_rules.test_a_message_that_moves_leaves_its_former_conversation,
    ),
    Mutation(
        "a conversation without messages has a row",
        lambda patch: patch.setattr(conversations, "DELETE_EMPTY_CONVERSATIONS", "SELECT %s"),
        test_conversation_rules.test_a_conversation_that_every_message_has_left_has_no_row,
    ),
    Mutation(
        "a deleted message counts",
        _derive_with("AND NOT is_deleted", ""),
        test_conversation_rules.test_a_deleted_message_of_a_conversation_does_not_count,
    ),
    Mutation(
        "a message is of the time of its first event",
        _derive_with("coalesce(occurred_at, first_event_at)", "first_event_at"),
        test_conversation_rules.test_a_message_is_of_the_time_at_which_it_occurred,
    ),
    Mutation(
        "a message without a time of its own has none",
        _derive_with("coalesce(occurred_at, first_event_at)", "occurred_at"),
        test_conversation_rules.test_without_such_a_time_a_message_is_of_the_time_of_its_first_event,
    ),
    Mutation(
        "messages of one time are in the order of arrival",
        _derive_with('external_id COLLATE "C" DESC', "id DESC"),
        test_conversation_rules.test_at_equal_times_the_ids_decide_which_message_is_the_later,
    ),
    Mutation(
        "a conversation is unanswered since its first message",
        _derive_with("is_inbound AND answers = 0", "is_inbound"),
        test_conversation_rules.test_it_is_unanswered_since_the_first_inbound_message_after_the_last_outbound_one,
    ),
    Mutation(
        "a delivery receipt says that its message went out",
        _receipts_are_outbound,
        test_conversation_rules.test_a_delivery_receipt_does_not_make_a_received_message_outbound,
    ),
]

# Rules of what depends on other records.


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


# Rules of reading one event.


def _read_columns_with_rank(rank: Rank) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that reads columns with this rank, which decides whether a null is written."""
    read_columns = mapper._read_columns

    def ranked(plan: Any, payload: Any, _: Rank) -> Reading:
        return read_columns(plan, payload, rank)

    return lambda patch: patch.setattr(mapper, "_read_columns", ranked)


def _absent_as_null(patch: pytest.MonkeyPatch) -> None:
    read_columns = mapper._read_columns

    def filled(plan: Any, *rest: Any) -> Reading:
        reading = read_columns(plan, *rest)
        reading.writes = {column.name: None for column in plan.columns} | reading.writes
        return reading

    patch.setattr(mapper, "_read_columns", filled)


def _one_fact(patch: pytest.MonkeyPatch) -> None:
    read_id = mapper._read_id
    patch.setattr(
        mapper,
        "_read_id",
        lambda plan, payload: (
            read_id(plan, payload) or ("fact" if plan.entity.identified_by_digest else None)
        ),
    )


def _no_transaction(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(drain, "transaction", SimpleNamespace(atomic=nullcontext))


READING = [
    Mutation("a null in a copy is written", _read_columns_with_rank(Rank.OTHER), caught_by_oracle(0)),
    Mutation(
        "a null in the record's own event is not written",
        _read_columns_with_rank(Rank.COPY),
        test_register_rules.test_a_null_in_the_records_own_event_writes_null,
    ),
    Mutation("absent is null", _absent_as_null, test_register_rules.test_an_absent_field_writes_nothing),
    Mutation(
        "embedded copies are not read",
        lambda patch: patch.setattr(mapper, "_read_embedded", lambda *embedded: Reading()),
        test_register_rules.test_an_embedded_copy_writes_the_embedded_records_registers,
    ),
    Mutation(
        "scalars beside a reference are not read",
        lambda patch: patch.setattr(mapper, "_read_scalar_copies", lambda *copies: Reading()),
        test_register_rules.test_a_scalar_beside_a_reference_is_a_copy_of_that_one_field,
    ),
    Mutation(
        "sub-accounts share their records",
        lambda patch: patch.setattr(mapper, "_read_scope", lambda *scope: ("", Reading())),
        test_register_rules.test_equal_ids_in_two_sub_accounts_are_two_records,
    ),
    Mutation(
        "facts without an id are one",
        _one_fact,
        test_existence_rules.test_a_fact_without_an_id_is_keyed_by_its_events_digest,
    ),
    Mutation(
        "a status is the vendor's own word",
        lambda patch: patch.setattr(column_values, "_convert", lambda column, raw: column.convert(raw)),
        test_derived_rules.test_deals_of_all_vendors_have_the_same_words,
    ),
    Mutation(
        "an event's status is another transaction than its change",
        _no_transaction,
        test_event_rules.test_a_failed_record_leaves_neither_status_nor_change,
    ),
]


# Rules of how a value is read.


def _date_in_utc(patch: pytest.MonkeyPatch) -> None:
    written = times._parse_written_time
    patch.setattr(times, "_parse_written_time", lambda value: times._to_zone(written(value), UTC))


def _without_time_zone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mapper, "entity_plans", lambda vendor, time_zone: entity_plans(vendor))


VALUES = [
    Mutation(
        "every number is a time in milliseconds",
        lambda patch: patch.setattr(times, "EPOCH_UNITS", ((10**17, 1_000),)),
        test_reading_rules.test_the_time_of_an_event_in_seconds_is_ordered_as_any_other,
    ),
    Mutation(
        "a number of any magnitude is a time",
        lambda patch: patch.setattr(times, "MIN_EPOCH", 0),
        test_reading_rules.test_a_number_of_no_units_magnitude_is_no_time,
    ),
    Mutation(
        "a date is its day in UTC",
        _date_in_utc,
        test_reading_rules.test_a_date_is_the_day_that_was_written_in_the_offset_that_was_written,
    ),
    Mutation(
        "a source's time zone does not count",
        _without_time_zone,
        test_reading_rules.test_a_date_in_utc_is_a_day_of_the_sources_time_zone,
    ),
    Mutation(
        "an empty text is a value",
        lambda patch: patch.setattr(column_values, "is_null", lambda column, raw: raw is None),
        test_reading_rules.test_an_empty_text_is_null_in_the_records_own_event,
    ),
    Mutation(
        "an empty text beside a reference is a value",
        lambda patch: patch.setattr(mapper, "is_null", lambda column, raw: raw is None),
        test_reading_rules.test_an_empty_text_says_nothing_in_a_copy_or_beside_a_reference,
    ),
    Mutation(
        "a document's empty text is null",
        lambda patch: patch.setattr(column_values, "is_null", lambda column, raw: is_blank(raw)),
        test_reading_rules.test_a_document_and_extra_keep_an_empty_text,
    ),
    Mutation(
        "a text is as it came",
        lambda patch: patch.setattr(converters, "normalize_text", lambda text: text),
        test_reading_rules.test_a_text_is_composed_and_without_invisible_ends,
    ),
]

# Rules of names.


def _collect(
    change: Callable[[list[SourceStatement]], write_names.VendorNames],
) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that reads the names of a batch otherwise."""
    return lambda patch: patch.setattr(write_names, "collect_names", change)


def _last_of_batch(statements: list[SourceStatement]) -> write_names.VendorNames:
    return dict(said for statement in statements for said in write_names._read_names(statement))


def _named_only(statements: list[SourceStatement]) -> write_names.VendorNames:
    names = NEWEST_NAMES(statements)
    return {key: name for key, name in names.items() if name != write_names.UNNAMED}


def _without_scope(statements: list[SourceStatement]) -> write_names.VendorNames:
    names = NEWEST_NAMES(statements)
    return {key._replace(scope=""): name for key, name in sorted(names.items(), key=lambda item: item[1])}


NEWEST_NAMES = write_names.collect_names
NAMES = [
    Mutation(
        "the later arrival names an id",
        lambda patch: patch.setattr(
            write_names, "WRITE_NAMES", write_names.WRITE_NAMES.partition(" WHERE ")[0]
        ),
        test_name_rules.test_the_newest_event_names_an_id_whatever_the_order,
    ),
    Mutation(
        "the last event of a batch names an id",
        _collect(_last_of_batch),
        test_name_rules.test_the_newest_event_names_an_id_whatever_the_order,
    ),
    Mutation(
        "an id without a name has no row",
        _collect(_named_only),
        test_name_rules.test_an_id_that_no_event_names_has_a_row_without_a_name,
    ),
    Mutation(
        "sub-accounts share their names",
        _collect(_without_scope),
        test_name_rules.test_a_name_in_a_sub_account_is_not_one_of_the_others,
    ),
]

# Rules of the search keys.


def _read_stored_former(read: Callable[[Iterable[str]], set[Key]]) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(search_writer, "read_former", read)


def _join_first_former(stored: set[Key], written: set[Key], present: set[Key]) -> set[Key]:
    is_full = len(stored) >= document_keys.MAX_FORMER_KEYS
    return stored - present if is_full else join_former(stored, written, present)


def _newest_values_only(statements: Iterable[SourceStatement]) -> dict[SourceKey, set[tuple[str, str]]]:
    return {}


SEARCH = [
    Mutation(
        "former phones are forgotten when another column changes",
        _read_stored_former(lambda lexemes: set()),
        test_search_rules.test_former_phones_stay_when_another_column_changes,
    ),
    Mutation(
        "what an older event wrote is no former phone if it arrives late",
        lambda patch: patch.setattr(search_writer, "_collect_former_values", _newest_values_only),
        test_search_rules.test_a_phone_that_an_older_event_wrote_is_a_former_one_whenever_it_arrives,
    ),
    Mutation(
        "a phone that came back is a former one too",
        lambda patch: patch.setattr(
            search_writer, "join_former", lambda stored, written, present: stored | written
        ),
        test_search_rules.test_a_phone_that_came_back_is_no_former_one,
    ),
    Mutation(
        "of too many former phones the first to arrive are kept",
        lambda patch: patch.setattr(search_writer, "join_former", _join_first_former),
        test_search_rules.test_of_many_former_phones_the_choice_owes_nothing_to_their_order,
    ),
    Mutation(
        "a placeholder is found by nothing",
        lambda patch: patch.setattr(search_writer, "INSERT_MISSING_DOCUMENTS", "SELECT %s"),
        test_search_rules.test_a_placeholder_is_found_by_its_id_alone_and_a_copy_gives_it_words,
    ),
]

MUTATIONS = [
    *CLOCKS,
    *REGISTERS,
    *EXTRA_BOUNDS,
    *EXISTENCE,
    *DERIVED,
    *CONVERSATIONS,
    *BALANCES,
    *READING,
    *VALUES,
    *NAMES,
    *SEARCH,
]
