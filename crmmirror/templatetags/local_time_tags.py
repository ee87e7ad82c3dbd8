"""Tags for times: `{% time_cell event.received_at seconds=True %}`, `{% zone_label %}` in headings."""

from django.template import Library

from crmmirror.lib.admin_kit.local_times import clock_text, time_cell, zone_label

register = Library()
register.simple_tag(time_cell)
register.simple_tag(zone_label)
register.simple_tag(clock_text)
