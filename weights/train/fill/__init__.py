# SPDX-License-Identifier: GPL-3.0-or-later
"""The inpainting system (`fill`): masks and damage, Canny and harmonic fill, its four networks and their phases."""
