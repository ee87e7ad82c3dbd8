"""Looks up known vulnerabilities of what requirements-dev.txt pins; without the service, says so.

Exits 1 where one is known. The service is PyPI's; a mirror of PyPI mostly does not know them.
"""

import json
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE

# Everything is pinned: there is nothing to resolve.
COMMAND = ("-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off", "--timeout", "10")
SECONDS = 120
REQUIREMENTS = Path(__file__).parent.parent / "requirements-dev.txt"


def main() -> int:
    command = [sys.executable, *COMMAND, "--format", "json", "--requirement", str(REQUIREMENTS)]
    try:
        ran = subprocess.run(command, stdout=PIPE, stderr=DEVNULL, timeout=SECONDS, check=False)  # noqa: S603
        packages = json.loads(ran.stdout)["dependencies"]
    except (ValueError, subprocess.TimeoutExpired):
        packages = []
    looked_up = [package for package in packages if "vulns" in package]
    if not looked_up:
        print("audit: NOT DONE, the vulnerability service of PyPI cannot be reached from here")
        return 0
    found = [line for package in looked_up for line in lines(package)]
    print("\n".join([*found, f"audit: {len(looked_up)} of {len(packages)} packages looked up"]))
    return 1 if found else 0


def lines(package: dict) -> list[str]:
    pinned = f"{package['name']} {package['version']}"
    return [
        f"{pinned}: {vuln['id']}, fixed in {', '.join(vuln['fix_versions']) or 'no version'}"
        for vuln in package["vulns"]
    ]


if __name__ == "__main__":
    sys.exit(main())
