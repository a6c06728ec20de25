# SPDX-License-Identifier: GPL-3.0-or-later
"""The restorer JSFM-GAN: generator, its phases, teachers and the graphs of the literature."""
