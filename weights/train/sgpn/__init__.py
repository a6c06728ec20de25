# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape and generative priors (`sgpn`; after Zhu et al., CVPR 2022): a shape model of our own, its head on the parser's features, the decoder."""
