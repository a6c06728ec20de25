# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation: set, runners, measures and report."""
