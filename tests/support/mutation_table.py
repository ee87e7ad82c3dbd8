"""Mutations: each takes one rule of docs/convergence.md out of the code, and names the check that fails then.

A check is the convergence property or the oracle at a seed that was searched for once, or the rule's own
test if the rule is about reading one event.
"""

from tests.support.mutations.balance_mutations import BALANCES
from tests.support.mutations.clock_mutations import CLOCKS
from tests.support.mutations.conversation_mutations import CONVERSATIONS
from tests.support.mutations.derived_mutations import DERIVED
from tests.support.mutations.erasure_mutations import ERASURES
from tests.support.mutations.existence_mutations import EXISTENCE
from tests.support.mutations.extra_mutations import EXTRA_BOUNDS
from tests.support.mutations.fetched_mutations import FETCHED
from tests.support.mutations.name_mutations import NAMES
from tests.support.mutations.pruning_mutations import PRUNING
from tests.support.mutations.reading_mutations import READING
from tests.support.mutations.register_mutations import REGISTERS
from tests.support.mutations.search_mutations import SEARCH
from tests.support.mutations.value_mutations import VALUES
from tests.support.mutations.vendor_mutations import VENDORS
from tests.support.mutations.word_mutations import WORDS

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
    *VENDORS,
    *NAMES,
    *SEARCH,
    *WORDS,
    *PRUNING,
    *ERASURES,
    *FETCHED,
]
