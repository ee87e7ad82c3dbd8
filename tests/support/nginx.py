"""An nginx of Debian's package in front of web servers of the mirror, with the defaults of nginx."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.process import start_process, stop_process, wait_until_ready
from tests.support.ports import HOST, free_port
from tests.support.web_server import WebServer, accepts_connections

# Directories that nginx would else have below /var, where another nginx may run.
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
CONFIGURATION = """\
user root;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    {temporary}
    include {directory}/{servers};
}}
"""
SERVERS = "crmmirror.conf"
ONE_UPSTREAM = """\
client_max_body_size 20m;
upstream web {{
    {upstream}
}}
server {{
    listen {host}:{port};
    location / {{
        proxy_pass http://web;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }}
}}
"""


@dataclass(frozen=True)
class Nginx(WebServer):
    """An nginx that runs; `log` is its error log."""


@contextmanager
def run_nginx(directory: Path, servers: Sequence[WebServer]) -> Iterator[Nginx]:
    """Run an nginx that passes requests to the web servers in turn, until the context ends."""
    port = free_port()
    upstream = "\n    ".join(f"server {HOST}:{server.port};" for server in servers)
    with run_nginx_with(
        directory, port, ONE_UPSTREAM.format(upstream=upstream, host=HOST, port=port)
    ) as nginx:
        yield nginx


@contextmanager
def run_nginx_with(directory: Path, port: int, servers: str) -> Iterator[Nginx]:
    """Run an nginx that listens on this port until the context ends.

    servers: what its configuration says about servers and upstreams; it is put into the file SERVERS.
    """
    nginx = Nginx(port, directory / "error.log")
    configuration = directory / "nginx.conf"
    temporary = "\n    ".join(f"{name}_temp_path {directory}/{name};" for name in TEMPORARY)
    configuration.write_text(CONFIGURATION.format(directory=directory, temporary=temporary, servers=SERVERS))
    (directory / SERVERS).write_text(servers)
    argv = (*nginx_command(directory), "-g", "daemon off;")
    program = process.Program("nginx", argv, directory / "nginx.out")
    child = start_process(program)
    try:
        wait_until_ready(program, child, lambda: accepts_connections(nginx.port), lambda: None)
        yield nginx
    finally:
        stop_process(child, program.stop_signals)


def nginx_command(directory: Path) -> tuple[str, ...]:
    """Return the command of the nginx whose files are in this directory."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert found, "Install Debian's package nginx-light, or run make programs as root."
    return (found, "-c", f"{directory}/nginx.conf", "-e", f"{directory}/error.log")
