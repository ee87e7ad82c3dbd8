"""Tries the rule by which ids of the API become those of webhooks, on records that webhooks have brought.

A wrong rule would double every record. Until it has held for a model, no list that has such ids is loaded.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.db.models import Exists, OuterRef

from entities.merge.clock import Rank
from entities.models import Record, TimelineEntry
from entities.models.introspection import record_models_by_name
from entities.reading.fetched.fetched_plans import find_fetched_plan, models_with_ids, restore_id
from entities.reading.paths import ABSENT
from entities.reading.plans.entity_plans import EntityPlan
from entities.reading.record_reading import find_id, read_columns
from entities.reading.times import parse_time
from entities.resource_language import Api, Resource
from entities.stored_events import Origin
from events.api_client.problems import Answer, ListRefused, attach_answer
from events.loading.steps import Step, handle_problem, run_request
from events.models import ApiAccess, Load, Source

# Records that are asked for: one of them may have been deleted since.
MAX_TRIED = 3
# How far two times of one creation may be apart: vendors round them.
MAX_ROUNDING = timedelta(seconds=1)


def untried_model(load: Load, access: ApiAccess, api: Api, resource: Resource) -> str | None:
    """Return the first model whose ids have to be tried before this list is read; None if there is none."""
    if load.trusts_ids:
        return None
    models = models_with_ids(resource.entity, api.ids)
    return next((model for model in models if model not in access.proven_ids), None)


def try_ids(step: Step, model: str) -> bool:
    """Try the rule of a model's ids; return True if the load may go on at once. Raises BudgetSpent."""
    access = step.load.source.api_access
    try:
        records = _choose_records(step.load, model, step.access.api.ids[model])
    except ListRefused as problem:
        return handle_problem(step, problem)
    for record, api_id in records:
        if not run_request(step, partial(_ask, model=model, record=record, api_id=api_id)):
            return False
        if model in access.proven_ids:
            return True
    return handle_problem(step, _ids_differ(model, [record.external_id for record, _ in records]))


def _ask(step: Step, model: str, record: Record, api_id: str) -> Answer:
    """Ask for the record under the id that the rule gives; note it if it is there. Raises ApiProblem."""
    path = step.access.api.records[model].replace("{id}", quote(api_id, safe=""))
    answer = step.access.send(path, {})
    with attach_answer(answer):
        content = None if answer.status == HTTPStatus.NOT_FOUND else step.access.read(answer)
    if _is_same_record(record, api_id, content, _find_plan(step.load.source, step.access.api, model)):
        _note_proven(step.load.source.api_access, model)
    return answer


def _find_plan(source: Source, api: Api, model: str) -> EntityPlan:
    """Return the plan of the first list that has records of this model."""
    names = (resource.name for resource in api.resources if resource.entity.model == model)
    plans = (find_fetched_plan(source.vendor, Origin.API, name, source.time_zone) for name in names)
    return next(found.plan for found in plans if found)


def _choose_records(load: Load, model: str, prefixes: Mapping[str, str]) -> list[tuple[Record, str]]:
    """Return records that webhooks have brought, newest first, with their ids as the API would write them.

    Raises ListRefused if there is none.
    """
    of_webhook = TimelineEntry.objects.filter(
        record_type=model, record_id=OuterRef("pk"), event__origin=Origin.WEBHOOK
    )
    records = record_models_by_name()[model]._default_manager.filter(
        Exists(of_webhook), source_id=load.source_id, is_placeholder=False, is_deleted=False
    )
    found = [
        (record, restore_id(record.external_id, prefixes)) for record in records.order_by("-id")[:MAX_TRIED]
    ]
    chosen = [(record, api_id) for record, api_id in found if api_id]
    if not chosen:
        raise ListRefused(
            f"The ids of each {model} differ between API and webhooks, and no webhook has brought one yet, on"
            " which the rule could be tried. Resume the load after the first one, or with --trust-ids."
        )
    return chosen


def _is_same_record(record: Record, api_id: str, content: Any, plan: EntityPlan) -> bool:
    """Return True if what the vendor has under this id is this record, by its id and time of creation."""
    if not isinstance(content, dict) or find_id(plan, content) != api_id:
        return False
    created_at = read_columns(plan, content, Rank.FETCHED, ABSENT).writes.get("created_at")
    if record.created_at is None or not isinstance(created_at, str):
        return True
    return abs(parse_time(created_at) - record.created_at) <= MAX_ROUNDING


def _ids_differ(model: str, external_ids: Sequence[str]) -> ListRefused:
    """Return the error for a rule that does not hold."""
    return ListRefused(
        f"The ids of each {model} in the API are not those of webhooks by the rule of the vendor's module: it"
        f" does not lead to {', '.join(external_ids)}. Nothing of this list was stored, since every record"
        " would be there twice. Look both up at the vendor; --trust-ids loads all the same."
    )


def _note_proven(access: ApiAccess, model: str) -> None:
    """Note that the rule has held for this model."""
    access.proven_ids = sorted({*access.proven_ids, model})
    access.save(update_fields=["proven_ids"])
