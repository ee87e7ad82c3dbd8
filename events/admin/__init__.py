"""The admin of the log and of its sources."""

from django.contrib import admin

from events.admin.event_admin import EventAdmin
from events.admin.refusal_admin import RefusalAdmin
from events.admin.source_admin import SourceAdmin
from events.models import Event, Refusal, Source

admin.site.register(Event, EventAdmin)
admin.site.register(Source, SourceAdmin)
admin.site.register(Refusal, RefusalAdmin)
