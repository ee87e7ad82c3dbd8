"""The addresses below /api/v1/, and the views of its root, its schema and its documentation."""

from functools import cache
from threading import Lock
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.urls import include, path, re_path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from crmmirror.lib.web.static_documents import StaticDocument, make_static_document
from entities.api.changes.changes_view import ChangesDigestView, ChangesView
from entities.api.filters.query_parameters import refuse_unknown
from entities.api.history.history_view import ValueRunViewSet
from entities.api.openapi_page import fold_lookups
from entities.api.search.search_view import SearchView
from entities.api.shared_parameters import share_parameters
from entities.api.views import api_path, make_viewset
from entities.models.introspection import record_models
from events.api_views import EventViewSet, SourceViewSet

VIEWSETS = {api_path(model): make_viewset(model) for model in record_models()} | {
    "events": EventViewSet,
    "sources": SourceViewSet,
}

router = SimpleRouter(use_regex_path=False)
for prefix, viewset in VIEWSETS.items():
    router.register(prefix, viewset, basename=prefix)


class RootView(APIView):
    """The root of the API, which lists the full address of each path."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=dict[str, str], operation_id="root")
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ())
        names = {prefix: f"{prefix}-list" for prefix in VIEWSETS}
        names |= {"history": "history", "changes": "changes", "search": "search"}
        names |= {"schema": "schema", "docs": "docs"}
        return Response({prefix: reverse(name, request=request) for prefix, name in names.items()})


@cache
def get_openapi_schema() -> dict[str, Any]:
    """Return the OpenAPI schema, from the cache after the first call."""
    return SchemaGenerator().get_schema(public=True)


SCHEMA_RENDERERS: dict[str, type[BaseRenderer]] = {
    renderer.media_type: renderer
    for renderer in (OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer)
}


@cache
def _render_schema(media_type: str, is_for_page: bool) -> StaticDocument:
    renderer = SCHEMA_RENDERERS[media_type]()
    schema = get_openapi_schema()
    shown = share_parameters(fold_lookups(schema) if is_for_page else schema)
    content: Any = renderer.render(shown, media_type, {})
    charset = f"; charset={renderer.charset}" if renderer.charset else ""
    return make_static_document(content, f"{media_type}{charset}")


_schema_lock = Lock()


def get_schema_document(media_type: str, *, is_for_page: bool = False) -> StaticDocument:
    """Return the schema in one of SCHEMA_RENDERERS, from the cache after the first call.

    is_for_page: with one entry for the lookups of a column.
    Anybody may ask for it, and to make one (1.6 MB) takes half a second of the processor, which deliveries
    lack meanwhile. The lock makes it a single flight: of 20 that ask a new process at once, one renders.
    """
    with _schema_lock:
        return _render_schema(media_type, is_for_page)


class SchemaView(APIView):
    """The OpenAPI schema, as JSON or YAML. It is the same for everybody, so nobody is looked up."""

    authentication_classes = []
    permission_classes = [AllowAny]
    renderer_classes = list(SCHEMA_RENDERERS.values())
    schema = None

    is_for_page: ClassVar[bool] = False

    def get(self, request: Request) -> HttpResponse:
        media_type = request.accepted_renderer.media_type
        return get_schema_document(media_type, is_for_page=self.is_for_page).respond(request)


class PageSchemaView(SchemaView):
    """The schema that the page of the documentation draws."""

    renderer_classes = [OpenApiJsonRenderer2]
    is_for_page = True


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; the page itself contains neither script nor style."""

    template_name = "entities/api_docs.html"
    url_name = "page-schema"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Allow images from `data:` URLs, which Swagger UI's stylesheet uses for its icons."""
        response.headers["Content-Security-Policy"] = (
            f"{settings.CONTENT_SECURITY_POLICY}; img-src 'self' data:"
        )
        return super().finalize_response(request, response, *args, **kwargs)


class UnknownAddressView(APIView):
    """Answers 404 for unknown addresses below /api/v1/, as problem details instead of an HTML page."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


urlpatterns = [
    path("", RootView.as_view(), name="api-root"),
    path("history/", ValueRunViewSet.as_view({"get": "list"}), name="history"),
    path("changes/", ChangesView.as_view(), name="changes"),
    path("changes/digest/", ChangesDigestView.as_view(), name="changes-digest"),
    path("search/", SearchView.as_view(), name="search"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("docs/schema/", PageSchemaView.as_view(), name="page-schema"),
    path("", include(router.urls)),
    # Only addresses that end with a slash: one that lacks it is first redirected to the one with it.
    re_path(r"[\s\S]*/$", UnknownAddressView.as_view()),
]
