"""The admin of events, sources and refused deliveries: pages, lists and forms, but no rule about the data.

May import every other room of `events` but `management`, `api_views` and `tasks`; nothing but
`crmmirror.admin_site` imports it.
"""

from django.contrib import admin

from events.admin.event_admin import EventAdmin
from events.admin.refusal_admin import RefusalAdmin
from events.admin.source_admin import SourceAdmin
from events.models import Event, Refusal, Source

admin.site.register(Event, EventAdmin)
admin.site.register(Source, SourceAdmin)
admin.site.register(Refusal, RefusalAdmin)
