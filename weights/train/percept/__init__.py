# SPDX-License-Identifier: GPL-3.0-or-later
"""Teachers with eyes: a perceptual loss and an adversary, both on the frozen features of Inception-v3.

The network is Inception-v3's ImageNet base, which the npm package nsfwjs 4.3.0 (MIT) carries with 8-bit weights: no other pretrained base has
terms that let it be used here. It is fetched once into a cache folder, never shipped. Judging features of a trained network instead of pixels is
what "Projected GANs Converge Faster" (Sauer et al., 2021) found to need a tenth of the pictures.

How a phase uses it (pictures [B,3,side,side] in [-1,1], of any side from 96 on):

    import percept
    net = percept.load(state / 'nsfwjs', device)             # common.TrainError with what to do where the package is not to be had
    teachers = percept.Teachers(net, perceptual=2.5, adversary=0.3, views=percept.views(side))
    teachers.calibrate(clean)                                # once, 32 or more clean pictures: channels are standardised by them
    ...each step:
    parts.update(teachers.losses(fake, clean, rng))          # 'seen' and 'adv', weighted; fake carries the gradient
    sum(parts.values()).backward()
    optimiser.step()
    parts.update(teachers.step())                            # the heads' own step on the same features: 'd', 2 = chance, held at 1.5 to 1.9
    ...checkpoint: teachers.state(), teachers.load(state)

What losses() takes besides: `k_seen` and `k_adv` [B], how much each sample counts for either (default 1); `focus` [B,1,h,w], where in the
picture the perceptual loss looks (a hole; it is carried through view and layers, and normalised); `maps` [B,classes,h,w], what the heads are told
beside the features (Teachers(classes=19) for a parsing map). Teachers(light=True), the default, gives luma the gradient and leaves colour to the
pixel losses: colour that is free comes as specks. Teachers(area=(0, 1, 0, 1)) lets small windows lie anywhere, for pictures that are not aligned
faces. adversary=0 builds no heads, and step() then does nothing.

Cost: Inception up to mixed4 has 1.6 GMAC for a view of 192 pixels; a step takes two forward passes and one backward, the heads next to nothing.
Weights: steer by gradient norms (recipe in README.md). Perceptual alone is waxy, an adversary alone is gritty.

`judge.py` is another network, MobileNetV2 of the same package. It measures (evaluate.py) and is never trained on.
"""
from percept.inception import load, Inception      # noqa: F401
from percept.teachers import end_phase, Teachers   # noqa: F401
from percept.view import views                     # noqa: F401
