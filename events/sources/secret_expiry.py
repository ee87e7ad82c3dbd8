"""The rule that decides which secrets are active: those that never expire, or expire later than now.

It stands here twice: as SQL for the statements of the delivery path, and as a Q for the ORM. Both compare
with the statement's start by the database's clock; a test checks that they select the same secrets.
"""

from django.db.models import Q
from django.db.models.functions import Now

IS_ACTIVE_SQL = "(expires_at IS NULL OR expires_at > statement_timestamp())"
IS_ACTIVE = Q(expires_at=None) | Q(expires_at__gt=Now())
