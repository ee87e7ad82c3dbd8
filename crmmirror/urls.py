"""All addresses of the mirror; each app defines its own."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from crmmirror.sign_on.password_reset import make_reset_urls

handler403 = "crmmirror.admin.error_pages.answer_forbidden"
handler404 = "crmmirror.admin.error_pages.answer_not_found"
# Called for every error that is not answered otherwise, of a middleware too.
handler500 = "crmmirror.admin.error_pages.answer_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    # The address before rejections were called refusals: bookmarks lead on.
    path(
        "admin/events/rejection/",
        RedirectView.as_view(pattern_name="admin:events_refusal_changelist", query_string=True),
    ),
    path("admin/", include(make_reset_urls())),
    path("admin/", admin.site.urls),
    path("webhooks/", include("events.urls")),
    path("api/v1/", include("crmmirror.api_urls")),
    path("", include("crmmirror.health.urls")),
]
