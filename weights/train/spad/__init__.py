# SPDX-License-Identifier: GPL-3.0-or-later
"""Face super-resolution (`spad`): a compact SPADNet (Wang, Jiang, Jiang, Liu; TBIOM 2024), its prior, samples, training phase and figures."""
