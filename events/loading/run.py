"""Runs a load, one step after the other: a page of a list, or a trial of its ids."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from entities.vendors import UnusableVendor
from events.api_client.api_access import open_access
from events.api_client.budget import BudgetSpent
from events.loading import load_states
from events.loading.id_trial import try_ids, untried_model
from events.loading.list_steps import run_list_page
from events.loading.listed_rows import StoreRows, store_rows
from events.loading.steps import Step, run_request
from events.models import ApiAccess, Load, ResourceProgress
from events.sources.api_keys import UnfitApiKey
from events.sources.encryption import NoEncryptionKey


@dataclass(frozen=True)
class Way:
    """The way in which the loads of a purpose are run.

    store: what is done with the rows of a page. end: what is done when all lists have ended; returns True if
    the load may go on at once.
    """

    purpose: Load.Purpose
    store: StoreRows
    end: Callable[[Load], bool]


def _end_load(load: Load) -> bool:
    load_states.finish(load)
    return False


LOADING = Way(Load.Purpose.LOAD, store_rows, _end_load)


def run_page(load_id: int, way: Way = LOADING) -> bool:
    """Run the next page of a load, if it is due; return True if another one may be run at once.

    Not in a transaction. Raises django.db.Error; then the page was not stored.
    """
    due = load_states.due_loads().filter(purpose=way.purpose).select_related("source__api_access")
    load = due.filter(pk=load_id).first()
    if load is None:
        return False
    try:
        step = _find_step(load)
        if step is None:
            return way.end(load)
        model = untried_model(load, load.source.api_access, step.access.api, step.resource)
        return try_ids(step, model) if model else run_request(step, partial(run_list_page, store=way.store))
    except (UnfitApiKey, NoEncryptionKey, UnusableVendor, ApiAccess.DoesNotExist) as error:
        load_states.stop(load, f"{error}".rstrip(".") + ".")
    except BudgetSpent as spent:
        load_states.wait_until(load, str(spent), spent.until)
    return False


def _find_step(load: Load) -> Step | None:
    """Return the next step; None if all lists have ended. Raises what makes the load stop."""
    states = ResourceProgress.State
    waiting = load.progress.filter(state__in=(states.RUNNING, states.WAITING))
    progress = waiting.order_by("position").first()
    if progress is None:
        return None
    access = open_access(load.source.api_access)
    resource = access.api.find_resource(progress.resource)
    if resource is None:
        raise UnfitApiKey(f"the vendor's module has no list {progress.resource!r} any more")
    return Step(load, progress, access, resource)
