"""Paths in the checkout."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = PROJECT / "entities" / "vendors" / "samples"
