# SPDX-License-Identifier: GPL-3.0-or-later
"""The face parser: label maps, degradation values, five points."""
