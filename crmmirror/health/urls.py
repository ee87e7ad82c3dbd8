"""The addresses that programs call to learn the mirror's state."""

from django.urls import path

from crmmirror.health.views import MetricsView, healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", MetricsView.as_view(), name="metrics"),
]
