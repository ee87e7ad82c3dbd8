"""The admin of the log and of its sources."""

from django.contrib import admin

from events.admin.events import EventAdmin
from events.admin.rejections import RejectionAdmin
from events.admin.sources import SourceAdmin
from events.models import Event, Rejection, Source

admin.site.register(Event, EventAdmin)
admin.site.register(Source, SourceAdmin)
admin.site.register(Rejection, RejectionAdmin)
