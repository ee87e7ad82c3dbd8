"""Tags for lists: `{% filter_row cl as row %}`."""

from django.template import Library

from crmmirror.lib.admin_kit.filter_row import build_filter_row

register = Library()
register.simple_tag(build_filter_row, name="filter_row")
