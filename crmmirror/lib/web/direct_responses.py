"""Responses that a middleware gives directly, without the middleware after it."""

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch


def respond_directly(match: ResolverMatch, request: HttpRequest) -> HttpResponse:
    """Call the view of a resolved address and return its response, complete with its Content-Length.

    Django's handler renders responses such as REST framework's, and its CommonMiddleware sets the length;
    neither runs for a response that is returned from here.
    """
    response = match.func(request, **match.kwargs)
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    response.headers["Content-Length"] = str(len(response.content))
    return response
