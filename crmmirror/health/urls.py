"""The addresses that programs ask about the mirror's health."""

from django.urls import path

from crmmirror.health.views import MetricsView, healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", MetricsView.as_view(), name="metrics"),
]
