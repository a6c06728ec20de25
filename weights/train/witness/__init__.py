# SPDX-License-Identifier: GPL-3.0-or-later
"""Public networks that say how alike two faces are: identity.py teaches and measures, witness.py measures only."""
