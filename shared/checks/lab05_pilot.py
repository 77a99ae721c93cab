"""The pilot of Lab 5's last exercise: invented numbers, so that nobody knows them beforehand."""

from __future__ import annotations

#: Lines written, share of the errors gone, and the lower end of its interval
PILOT = ((4, 0.12, -0.02), (8, 0.26, 0.08), (16, 0.41, 0.24), (32, 0.50, 0.31), (64, 0.60, 0.45))
