# SPDX-License-Identifier: GPL-3.0-or-later
"""What every package shares: data, degradation, layers, losses, checkpoints, weights files and what a network must tell of itself."""
