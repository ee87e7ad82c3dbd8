"""Two nginx in a row in front of a web server, as a CDN and a company's own proxy are."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from crmmirror.embedded.processes import process
from tests.support import services
from tests.support.paths import PROJECT
from tests.support.ports import HOST, free_port
from tests.support.web_server import accepts_connections

CONFIGURATION = """
daemon off; master_process off; pid {directory}/nginx.pid; error_log {directory}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    server {{ listen {outer}; location / {{ proxy_pass http://{inner}; }} }}
    server {{ listen {inner}; location / {{ proxy_bind 127.0.0.2; proxy_pass http://{web}; }} }}
}}
"""


@contextmanager
def run_proxy_chain(directory: Path, web_port: int) -> Iterator[tuple[int, int]]:
    """Run both in front of the web server; yield the ports of the outer and of the inner one."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.fail("nginx is missing: install Debian's nginx package")
    outer, inner = free_port(), free_port()
    file = directory / "nginx.conf"
    addresses = {"outer": f"{HOST}:{outer}", "inner": f"{HOST}:{inner}", "web": f"{HOST}:{web_port}"}
    file.write_text(CONFIGURATION.format(directory=directory, **addresses))
    nginx = process.Program(
        "nginx",
        (program, "-c", str(file)),
        directory / "nginx.out",
        {},
        PROJECT,
        stop_signals=((SIGTERM, 5), (SIGKILL, 5)),
    )
    with services.run_program(nginx, lambda: accepts_connections(inner)):
        yield outer, inner
