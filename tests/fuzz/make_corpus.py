#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make_corpus.py FOLDER: writes the seeds of the fuzz targets, the smallest files that reach each part of the readers.
Files named regress-* beside them were found by fuzzing and are not made here. Pictures need python3-pil."""
import io
import json
import random
import struct
import sys
import zlib
from pathlib import Path


def safetensors(tensors, meta, dtype="F16"):
    size = {"F16": 2, "BF16": 2, "F32": 4}[dtype]
    header, at = {"__metadata__": meta} if meta is not None else {}, 0
    for name, shape in tensors.items():
        n = size
        for d in shape:
            n *= d
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + n]}
        at += n
    text = json.dumps(header, separators=(",", ":")).encode()
    values = random.Random(1)
    half = {"F16": 0x2000, "BF16": 0x3c00, "F32": 0x3c00}[dtype]  # small positive numbers
    words = b"".join(struct.pack("<H", (half if size == 2 or i % 2 else 0) + values.randrange(64)) for i in range(at // 2))
    return struct.pack("<Q", len(text)) + text + words


def conv(tensors, name, c_out, c_in, kh, kw=None, bias=True):
    tensors[name + ".weight"] = (c_out, c_in, kh, kw or kh)
    if bias:
        tensors[name + ".bias"] = (c_out,)


def contract(arch, ident, **keys):
    meta = {"rvs.format": "1", "rvs.id": ident, "rvs.arch": arch, "rvs.contract": arch + "_srgb_pm1_v1", "rvs.licence": "CC0-1.0",
            "rvs.source": "tests/fuzz/make_corpus.py"}
    meta.update({f"{arch}.{key}": value for key, value in keys.items()})
    return meta


def detector():
    t = {}
    conv(t, "stem", 4, 3, 3)
    for i in range(4):
        conv(t, f"d.{i}", 4, 4, 3)
    for i in range(3):
        for which in "ab":
            conv(t, f"e.{i}.0.{which}", 4, 4, 3)
        conv(t, f"p.{i}", 4, 4, 1)
        conv(t, f"h.{i}.0", 4, 4, 3)
        conv(t, f"out.{i}", 15, 4, 1)
    return safetensors(t, contract("detector", "detect-face", widths="4,4,4,4,4", blocks="1,1,1", neck="4", head="1", strides="8,16,32"))


def parser():
    t = {}
    conv(t, "stem", 4, 3, 3)
    for i in range(4):
        for which in "ab":
            conv(t, f"e.{i}.0.{which}", 4, 4, 3)
            if i < 3:
                conv(t, f"r.{i}.{which}", 4, 4, 3)
        if i < 3:
            conv(t, f"d.{i}", 4, 4, 3)
            conv(t, f"p.{i}", 4, 4, 1)
    conv(t, "mask", 19, 4, 3)
    t["deg.weight"], t["deg.bias"] = (5, 4), (5,)
    conv(t, "lmk", 5, 4, 1)
    return safetensors(t, contract("parser", "parse-face-256", widths="4,4,4,4", blocks="1,1,1,1", size="256"))


def heads(t, name, keys, c, m, k):
    for key in keys:
        conv(t, f"{name}.{key}", c, m, k)


def jsfm_shared():
    t, c, m = {}, 4, 1
    t["const"] = (1, c, 16, 16)
    conv(t, "h", c, c, 3)
    for r in (16, 32, 64):
        for i in range(2):
            heads(t, f"r{r}.n{i}", ("g", "b"), c, m, 1)
            conv(t, f"r{r}.c{i}", c, c, 3)
        if r > 16:
            conv(t, f"m{r}", c, c // 4, 3)
    for r in (16, 32, 64, 128, 256):
        conv(t, f"gd.{r}", m, 22, 3)
    conv(t, "rgb.64", 4, c, 3)
    for r, q in ((64, 128), (128, 256)):
        conv(t, f"gs.{r}", m, 22, 3)
        conv(t, f"pj.{q}", m, m, 1)
        conv(t, f"u.{q}.a", c, c, 3)
        conv(t, f"u.{q}.b", c, c, 3, bias=False)
        for n in ("na", "nb"):
            heads(t, f"u.{q}.{n}", ("gd", "bd", "gs", "bs"), c, m, 1)
        t[f"u.{q}.noise"] = (1,)
        conv(t, f"m.{q}", c, c // 2, 3)
        for i in range(2):
            heads(t, f"r.{q}.n{i}", ("gd", "bd", "gs", "bs"), c, m, 1)
            conv(t, f"r.{q}.c{i}", c, c, 3)
        conv(t, f"rgb.{q}", 4, c, 3)
    widths = ",".join(f"{r}:4" for r in (16, 32, 64, 128, 256))
    return safetensors(t, contract("jsfm", "restore-jsfm-256", modulation="shared", size="256", channels=widths,
                                   guides=widths.replace(":4", ":1"), heads="gated", map="soft"))


def spad_end(t, p, widths, blocks, habs, tail):
    """The tensors of one end of the knob; p before their names."""
    conv(t, f"{p}head", 8, 192, 3)
    for i, c in enumerate(widths):
        for j in range(blocks[i]):
            conv(t, f"{p}sr.{i}.{j}.a", c, c, 3)
            conv(t, f"{p}sr.{i}.{j}.b", c, c, 3)
            t[f"{p}sr.{i}.{j}.d.weight"], t[f"{p}sr.{i}.{j}.d.bias"] = (c // 8, c), (c // 8,)
            t[f"{p}sr.{i}.{j}.u.weight"], t[f"{p}sr.{i}.{j}.u.bias"] = (c, c // 8), (c,)
        for j in range(habs[i]):
            for which, outs, ins, k in (("s", c, c, 3), ("h", c, c, 3), ("l.f", 8, c, 1), ("g.g", c, 24, 1), ("m", c, 2 * c, 1), ("o", c, c, 3)):
                conv(t, f"{p}hab.{i}.{j}.{which}", outs, ins, k)
            t[f"{p}hab.{i}.{j}.l.w"], t[f"{p}hab.{i}.{j}.l.b"] = (c, c, 3, 3), (c,)
        if habs[i]:
            conv(t, f"{p}mp.{i}", c, 24, 3)
        conv(t, f"{p}us.{i}", 4 * (*widths, tail)[i + 1], c, 3)
    conv(t, f"{p}sk.0", widths[1], widths[0], 1)
    conv(t, f"{p}sk.1", widths[2], widths[0], 1)
    conv(t, f"{p}out", 3, tail, 3)


def spad():
    t, widths, blocks, habs, tail = {}, (8, 8, 8), (1, 1, 1), (1, 0, 0), 1
    for prefix in ("", "real."):
        spad_end(t, prefix, widths, blocks, habs, tail)
    join = lambda v: ",".join(map(str, v))
    return safetensors(t, contract("spad", "restore-spad-128", size="128", widths=join(widths), blocks=join(blocks), habs=join(habs), tail="1"))


def linear(tensors, name, c_out, c_in):
    tensors[name + ".weight"], tensors[name + ".bias"] = (c_out, c_in), (c_out,)


def based(meta):
    return {**meta, "rvs.base": 64 * "0"}


def shape():
    t, n, damage = {}, 9, 5
    linear(t, "straight", 1, n)
    linear(t, "hidden", 1, n)
    linear(t, "turn", 1, 1)
    linear(t, "unsure", 1, 1 + 1 + damage)
    linear(t, "error", 1, 1)
    t["mean"], t["basis"], t["triangles"] = (468, 3), (1, 468, 3), (2, 3)
    return safetensors(t, based(contract("shape", "shape-face-256", modes="1", hidden="1", doubt="1", features=str(n), triangles="2", low="30", high="90")))


def styled(t, name, c_out, c_in, k):
    conv(t, name, c_out, c_in, k, bias=False)
    linear(t, name + ".scale", c_in, 1)


def fusion(t, name, c_in):
    styled(t, name + ".conv", 1, c_in, 3)
    conv(t, name + ".mask", 1, 3, 1)
    t[name + ".k"], t[name + ".b"] = (1,), (2,)


def sgpn():
    t = {"const": (1, 1, 4, 4)}
    conv(t, "first.128", 1, 3, 3)
    for r in (4, 8, 16, 32, 64):
        conv(t, f"down.{r}", 1, 1, 3)
    conv(t, "mesh", 1, 6, 3)
    linear(t, "code", 1, 16)
    linear(t, "map.0", 1, 3)
    linear(t, "map.1", 1, 1)
    fusion(t, "start", 1)
    for r in (8, 16, 32, 64):
        fusion(t, f"up.{r}", 2)
        fusion(t, f"same.{r}", 2)
    styled(t, "up.128.up", 1, 2, 3)
    conv(t, "up.128.join", 1, 2, 3)
    t["up.128.b"] = (1,)
    for r in (16, 32, 64, 128):
        styled(t, f"rgb.{r}", 4, 2 if r < 128 else 1, 1)
        t[f"rgb.{r}.bias"] = (4,)
    channels = ",".join(f"{r}:1" for r in (4, 8, 16, 32, 64, 128))
    return safetensors(t, based(contract("sgpn", "restore-sgpn-128", size="128", channels=channels, code="1", style="1", modes="1")))


def st_files():
    yield "empty", safetensors({}, {})
    yield "f16", safetensors({"a.weight": (2, 3, 1, 1), "a.bias": (2,)}, {"rvs.id": "x"}, "F16")
    yield "bf16", safetensors({"z": (3,), "a": ()}, None, "BF16")
    yield "f32", safetensors({"t": (1, 2, 2)}, {"note": "\u00e9 \U0001f600 \"\\/\b\f\n\r\t"}, "F32")
    text = b'{ "__metadata__" : { "k" : "\xc3\xa9" } ,\n"t":{"data_offsets":[0,0],"shape":[0],"dtype":"F16"}}   '
    yield "spaces", struct.pack("<Q", len(text)) + text


def png(width, height, depth, colour, rows, extra=b"", interlace=0):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def exif(orientation):
    return (b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0)
            + struct.pack("<I", 0))


def pictures():
    yield "grey1.png", png(5, 3, 1, 0, (b"\0\xa0") * 3)
    yield "grey-alpha8.png", png(2, 2, 8, 4, (b"\1" + bytes(range(4))) * 2)
    yield "rgb16.png", png(3, 2, 16, 2, (b"\4" + bytes(range(18))) * 2)
    yield "rgba8.png", png(2, 2, 8, 6, (b"\2" + bytes(range(8))) * 2)
    # Passes 1, 4, 5, 6 (two rows) and 7 of 3x3 pixels; 2 and 3 are empty.
    yield "adam7.png", png(3, 3, 8, 0, b"\0\1" + b"\0\2" + b"\0\4\5" + b"\0\6" + b"\0\7" + b"\0\1\2\3", interlace=1)
    notes = (png_chunk(b"gAMA", struct.pack(">I", 45455)) + png_chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1))
             + png_chunk(b"eXIf", exif(6)) + png_chunk(b"tEXt", b"Title\0a") + png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"bb"))
             + png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"))
    yield "notes.png", png(2, 3, 8, 2, (b"\0" + bytes(6)) * 3, notes)
    palette = png_chunk(b"PLTE", bytes(range(12))) + png_chunk(b"tRNS", b"\x80")
    yield "palette2.png", png(4, 2, 2, 3, b"\0\x1b" * 2, palette)
    from PIL import Image
    image = Image.frombytes("RGB", (9, 7), bytes((i * 37) % 256 for i in range(9 * 7 * 3)))
    for name, kind, options in (("rgb.jpg", "RGB", {}), ("grey.jpg", "L", {}), ("cmyk.jpg", "CMYK", {}),
                                ("progressive.jpg", "RGB", {"progressive": True}),
                                ("exif.jpg", "RGB", {"exif": b"Exif\0\0" + exif(8), "comment": b"c", "dpi": (300, 300)})):
        out = io.BytesIO()
        image.convert(kind).save(out, "JPEG", quality=30, **options)
        yield name, out.getvalue()
    for name, kind, options in (("rgb-lzw.tif", "RGB", {"compression": "tiff_lzw", "dpi": (300, 300), "description": "d"}),
                                ("grey-raw.tif", "L", {}), ("rgba-deflate.tif", "RGBA", {"compression": "tiff_adobe_deflate"}),
                                ("bits-packbits.tif", "1", {"compression": "packbits"}), ("palette.tif", "P", {}),
                                ("pages.tif", "L", {"save_all": True, "append_images": [image.convert("L")]})):
        out = io.BytesIO()
        image.convert(kind).save(out, "TIFF", **options)
        yield name, out.getvalue()
    for name, kind, options in (("lossless.webp", "RGBA", {"lossless": True}), ("lossy.webp", "RGB", {"quality": 30}),
                                ("exif.webp", "RGB", {"quality": 30, "exif": b"Exif\0\0" + exif(6), "xmp": b"<x/>"})):
        out = io.BytesIO()
        image.convert(kind).save(out, "WEBP", **options)
        yield name, out.getvalue()
    motion = io.BytesIO()
    image.save(motion, "JPEG", quality=30)
    xmp = b"http://ns.adobe.com/xap/1.0/\0<a xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6'/>"
    photoshop = b"Photoshop 3.0\0" + b"8BIM\x04\x0c\0\0\0\0\0\4abcd"
    segments = b"".join(b"\xff" + code + struct.pack(">H", len(data) + 2) + data for code, data in ((b"\xe1", xmp), (b"\xed", photoshop)))
    yield "motion.jpg", motion.getvalue()[:2] + segments + motion.getvalue()[2:] + b"\0\0\0\x18ftypmp42"


def params():
    for text in ("strength=0.8", "fidelity=auto", "fidelity=.25", "seed=4294967295", "faces=all", "faces=3", "min-face=16.5",
                 "model=jsfm", "texture=2", "keep-colour=-0", "strength=1.5", "strength=0,5", "seed=1e3", "nothing=1"):
        yield text.replace("=", "-").replace(",", "c").replace(".", "p"), text.encode()


def pipeline():
    """Shape, width, height, cancel, detect, then faces and renders; fuzz_pipeline.c reads them in this order."""
    box = bytes((10, 120 + 8, 10, 120 + 8, 1, 200, 1, 210))
    yield "aligned", bytes((0b00001011, 80, 90, 0, 0, 1, 0, 1, 0, 0, 0, 128)) + bytes(range(60))
    yield "box-grey16", bytes((0b11010001, 120, 30, 0, 1, 1, 1)) + box + bytes((2, 0, 1, 0, 90, 7, 0, 0, 30)) + bytes(range(99))
    yield "two-faces-f32-alpha", bytes((0b00101100, 39, 39, 0, 0, 2, 0, 1)) + box + bytes((1, 9, 1, 0, 255)) + bytes(range(200))
    yield "one-pixel", bytes((0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0))
    yield "cancelled", bytes((0b00001011, 80, 90, 3, 0, 1, 0, 1, 0, 0, 0, 128)) + bytes(range(30))
    landmarks = b"".join(bytes((kind, value)) for kind, value in ((1, 150), (1, 150), (2, 200), (1, 150), (1, 180), (1, 170), (1, 155),
                                                                  (1, 190), (1, 185), (1, 190)))
    yield "landmarks", bytes((0b00001011, 150, 150, 0, 0, 1, 2)) + box + bytes((121, 228)) + landmarks + bytes((1, 2, 0, 0, 0, 40)) + bytes(50)
    yield "not-a-number", bytes((0b00001000, 30, 30, 0, 0, 1, 2)) + b"\xf0\x00\x00\xc0\x7f" * 16 + bytes((2, 1, 0, 0, 1)) + b"\xf0\0\0\x80\x7f" * 4


def hole():
    """Shape, width, height, find, face, fills; of each cancel, grow, kind and thinness of the mask, seed, strength; fuzz_hole.c reads them so."""
    sparse, soft = bytes((0, 0, 0, 40, 7, 255)), bytes((0, 1, 0, 9, 3, 128))
    yield "sparse", bytes((0b00001011, 150, 120, 0, 0, 1)) + sparse + bytes(range(1, 90))
    yield "on-a-face", bytes((0b00001011, 150, 150, 0, 1, 1)) + sparse + bytes(range(1, 90))
    yield "found-then-filled", bytes((0b01001011, 150, 60, 1, 9, 0, 1)) + soft + bytes(range(1, 200))
    yield "grey16-upside-down", bytes((0b10010001, 120, 30, 0, 0, 1)) + soft + bytes(range(1, 99))
    yield "f32-alpha", bytes((0b00101100, 39, 39, 0, 0, 1)) + sparse + soft + bytes(range(1, 200))
    yield "all-marked", bytes((0b00001011, 60, 60, 0, 0, 0)) + bytes((0, 0, 210, 0, 1, 255)) + bytes(range(1, 9))
    yield "nothing-marked", bytes((0b00001011, 60, 60, 0, 0, 0)) + bytes((0, 0, 0, 0, 1, 255)) + bytes(9)
    yield "another-size", bytes((0b00001011, 60, 60, 0, 0, 0)) + bytes((0, 0, 240, 0)) + bytes(range(1, 60))
    yield "one-pixel", bytes((0, 0, 0, 1, 1, 1, 0)) + sparse + b"\xff"
    yield "cancelled", bytes((0b00001011, 150, 120, 1, 2, 0, 0)) + bytes((3, 0, 0, 40, 7, 255)) + bytes(range(1, 90))


def main():
    folder = Path(sys.argv[1])
    groups = {"st_scan": st_files(), "params": params(), "picture": pictures(), "pipeline": pipeline(), "hole": hole(),
              "model": iter([("detector", detector()), ("parser", parser()), ("jsfm-shared-256", jsfm_shared()), ("spad", spad()), ("shape", shape()),
                             ("sgpn", sgpn())])}
    for group, files in groups.items():
        (folder / group).mkdir(parents=True, exist_ok=True)
        for name, data in files:
            (folder / group / name).write_bytes(data)


if __name__ == "__main__":
    main()
