"""The states of a load: started, paused, resumed, stopped and done; and which loads can go on."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from entities.audit import Actor, write_audit_entry
from entities.models import AuditAction
from events.api_client.problems import ApiProblem
from events.models import ApiAccess, Load, ResourceProgress, Source
from events.sources.api_keys import get_api

State = Load.State
# A load whose turn it is, unless somebody has paused it: that one has no time to go on at.
IS_OPEN = Q(state=State.RUNNING) | Q(state=State.PAUSED, resume_at__isnull=False)
IS_DUE = Q(state=State.RUNNING) | Q(state=State.PAUSED, resume_at__lte=Now())


class LoadRefused(Exception):
    """A load cannot be started or resumed. The message says why, and what to do."""


def list_resources(source: Source) -> tuple[str, ...]:
    """Return the names of the lists that a load of this source reads. Raises UnfitApiKey."""
    return tuple(resource.name for resource in get_api(source).resources if resource.is_default)


def choose_resources(source: Source, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the lists to read, each once. names: empty for all.

    Raises LoadRefused and UnfitApiKey.
    """
    api = get_api(source)
    if unknown := [name for name in names if api.find_resource(name) is None]:
        known = ", ".join(resource.name for resource in api.resources)
        raise LoadRefused(f"there is no list {unknown[0]!r}; there are: {known}")
    return tuple(dict.fromkeys(names)) or list_resources(source)


def require_access(source: Source) -> ApiAccess:
    """Return the access of a source, with its key. Raises LoadRefused if it has none."""
    access = ApiAccess.objects.filter(source=source).select_related("source").first()
    if access is None:
        raise LoadRefused(f"{source.slug} has no API key: set it with manage.py set_api_key {source.slug}")
    return access


def start(
    source: Source,
    actor: Actor,
    resources: Sequence[str] = (),
    since: datetime | None = None,
    trusts_ids: bool = False,
    purpose: Load.Purpose = Load.Purpose.LOAD,
) -> Load:
    """Start a load; the workers run it. resources: the lists to read; all if empty.

    Raises LoadRefused, also if the source is being loaded already, and UnfitApiKey.
    """
    names = choose_resources(source, resources)
    access = require_access(source)
    try:
        with transaction.atomic():
            load = Load.objects.create(
                source=source,
                purpose=purpose,
                key_digest=access.digest,
                resources=list(names),
                since=since,
                trusts_ids=trusts_ids,
                started_by=actor.name,
            )
            ResourceProgress.objects.bulk_create(
                ResourceProgress(load=load, resource=name, position=position)
                for position, name in enumerate(names)
            )
            write_audit_entry(actor, AuditAction.LOAD_STARTED, source, load=load.pk, lists=list(names))
    except IntegrityError:
        raise LoadRefused(f"{source.slug} is being loaded already: see manage.py backfill --status") from None
    return load


@transaction.atomic
def pause(load: Load, actor: Actor) -> bool:
    """Pause a load until somebody resumes it; return False if it has ended. The page under way is kept."""
    found = Load.objects.filter(pk=load.pk, state__in=(State.RUNNING, State.PAUSED))
    is_open = found.update(state=State.PAUSED, reason=f"Paused by {actor.name}.", resume_at=None)
    if is_open:
        write_audit_entry(actor, AuditAction.LOAD_PAUSED, load.source, load=load.pk)
    return bool(is_open)


def resume(load: Load, actor: Actor, trusts_ids: bool | None = None) -> bool:
    """Let a load that is paused or has stopped go on where it was; return False if it is done.

    trusts_ids: None leaves it as it is. Lists that have stopped are tried again. Raises LoadRefused if
    another load of the source is open.
    """
    chosen = {} if trusts_ids is None else {"trusts_ids": trusts_ids}
    try:
        with transaction.atomic():
            found = Load.objects.filter(pk=load.pk).exclude(state=State.DONE)
            is_open = found.update(
                state=State.RUNNING, reason="", resume_at=None, finished_at=None, failures=0, **chosen
            )
            if is_open:
                _reopen_lists(load)
                write_audit_entry(actor, AuditAction.LOAD_RESUMED, load.source, load=load.pk)
    except IntegrityError:
        raise LoadRefused("another load of this source is open: pause or finish that one first") from None
    return bool(is_open)


def _reopen_lists(load: Load) -> None:
    # One that repeated itself, or whose cursor is refused, has nowhere to go on.
    states = ResourceProgress.State
    load.progress.filter(state=states.STOPPED).update(
        state=states.WAITING,
        reason="",
        finished_at=None,
        cursor="",
        page=0,
        listing=F("listing") + 1,
    )


def find_loads(source: Source) -> QuerySet[Load]:
    """Return the loads of a source that store all rows, newest first; reconciliations have their own page."""
    return source.loads.filter(purpose=Load.Purpose.LOAD).order_by("-id")


def due_loads() -> QuerySet[Load]:
    """Return the loads of which a page can be run now, oldest first."""
    return Load.objects.filter(IS_DUE, source__active=True).order_by("id")


def wait_until(load: Load, reason: str, resume_at: datetime) -> None:
    """Pause a load until this time, unless somebody has paused it for good."""
    Load.objects.filter(IS_OPEN, pk=load.pk).update(state=State.PAUSED, reason=reason, resume_at=resume_at)


def note_running(load: Load) -> None:
    """Note that a request was answered, and that what it said is stored."""
    Load.objects.filter(IS_OPEN, pk=load.pk).update(
        state=State.RUNNING, reason="", resume_at=None, failures=0
    )


def stop(load: Load, problem: ApiProblem | str) -> None:
    """Stop a load: somebody has to do something first."""
    Load.objects.filter(pk=load.pk).exclude(state=State.DONE).update(
        state=State.STOPPED, reason=str(problem), resume_at=None, finished_at=Now()
    )


def finish(load: Load) -> None:
    """End a load all of whose lists have ended: done if the last page of each was seen, else stopped."""
    states = ResourceProgress.State
    stopped = [progress for progress in load.progress.all() if progress.state != states.DONE]
    if stopped:
        names = ", ".join(progress.resource for progress in stopped)
        stop(load, f"{len(stopped)} of {len(load.resources)} lists are not complete: {names}.")
    else:
        Load.objects.filter(IS_OPEN, pk=load.pk).update(
            state=State.DONE, reason="", resume_at=None, finished_at=Now()
        )
