"""A browser of a member of staff, over HTTP: it keeps cookies, and posts forms with their CSRF token."""

import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import urlencode


class StaffBrowser:
    """A session of the admin at this address, such as http://127.0.0.1:8000."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def get(self, path: str) -> str:
        """Return the text of a page, whatever its status; redirects are followed."""
        return self._open(urllib.request.Request(self._url + path))

    def post(self, path: str, **form: str) -> str:
        """Post a form; return the text of the page that it leads to."""
        token = {cookie.name: cookie.value for cookie in self._cookies}.get("csrftoken") or ""
        content = urlencode({"csrfmiddlewaretoken": token, **form}).encode()
        return self._open(urllib.request.Request(self._url + path, content))

    def log_in(self, name: str, password: str) -> str:
        """Log in by the form; return the page that it leads to."""
        self.get("/admin/login/")
        return self.post("/admin/login/", username=name, password=password)

    def _open(self, request: urllib.request.Request) -> str:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
