"""Orders webhooks at a vendor, so that what changes during a load arrives too."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from entities.audit import Actor, write_audit_entry
from entities.models import AuditAction
from entities.reading.paths import follow, parse_paths
from entities.vendors import get_vendor
from events.api_client.api_access import open_access
from events.api_client.budget import BudgetSpent, reserve_request, settle_request
from events.api_client.problems import Answer, ApiProblem, attach_answer
from events.loading.load_states import LoadRefused, require_access
from events.models import Source, SourceSecret, VendorSubscription
from events.sources.encryption import encrypt
from events.sources.public_address import public_url
from events.sources.registry import check_or_make_secret

NAME = "CRM mirror"


def find_address(source: Source) -> str:
    """Return the address to which the vendor would deliver. Raises LoadRefused if it cannot reach it."""
    url = public_url(reverse("webhooks:receive", args=[source.uuid]))
    if not url.startswith("https://") and source.vendor not in settings.VENDOR_API_ADDRESSES:
        raise LoadRefused(f"vendors deliver to https addresses, and this one is {url}: set DELIVERY_URL")
    return url


def order_webhooks(source: Source, actor: Actor) -> VendorSubscription:
    """Order all webhooks that the vendor's module reads, unless they are ordered; return the subscription.

    The vendor shows the secret once: it and the subscription's id are stored in one transaction. The secrets
    that the source has stay valid. Raises LoadRefused, UnfitApiKey and NoEncryptionKey.
    """
    url = find_address(source)
    if ordered := source.subscriptions.filter(url=url).first():
        return ordered
    id, secret = _order(source, url)
    try:
        secret = check_or_make_secret(source, secret)
    except ValidationError:
        raise LoadRefused(
            f"the vendor's secret of subscription {id} does not fit the source's scheme; remove that"
            " subscription at the vendor"
        ) from None
    with transaction.atomic():
        SourceSecret.objects.create(source=source, ciphertext=encrypt(secret))
        subscription = VendorSubscription.objects.create(source=source, vendor_id=id, url=url)
        write_audit_entry(actor, AuditAction.WEBHOOKS_ORDERED, source, subscription=id)
    return subscription


def _order(source: Source, url: str) -> tuple[str, str]:
    """Return the id and the secret of a new subscription."""
    access = open_access(require_access(source))
    order = access.api.webhook_order
    if order is None:
        raise LoadRefused("the vendor cannot be asked for webhooks: order them by hand")
    types = list(get_vendor(source.vendor).event_types)
    answer: Answer | None = None
    try:
        reservation = reserve_request(access.key_digest, access.api)
    except BudgetSpent as spent:
        raise LoadRefused(f"{spent} Try again at {spent.until:%H:%M:%S} UTC.") from None
    try:
        answer = access.send(order.path, {}, {order.name: NAME, order.url: url, order.events: types})
        with attach_answer(answer):
            content = access.read(answer)
    except ApiProblem as problem:
        raise LoadRefused(f"no webhooks were ordered: {problem}") from None
    finally:
        settle_request(reservation, access.api, answer)
    id, secret = _read_text(content, order.id), _read_text(content, order.secret)
    if not id or not secret:
        raise LoadRefused(
            "the vendor's answer has no id or no secret of a subscription: look there which webhooks it has"
        )
    return id, secret


def _read_text(content: Any, words: str) -> str:
    found = (follow(content, path) for path in parse_paths(words))
    return next((value for value in found if isinstance(value, str)), "")
