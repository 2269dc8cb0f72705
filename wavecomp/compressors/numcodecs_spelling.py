"""Other spellings of a codec of numcodecs: its name alone in front, and its configuration as JSON.

``numcodecs:zstd,level=3`` and ``{"id": "zstd", "level": 3}``, also behind ``numcodecs:``, are
``numcodecs:codec=zstd,level=3``.
"""

from __future__ import annotations

import json
import math

import numpy as np

from wavecomp.compressors.numcodecs_table import CODECS, ELSEWHERE
from wavecomp.compressors.spec import first_word_as, format_value
from wavecomp.errors import SpecError
from wavecomp.plain_text import one_line
from wavecomp.spec_text import Item, SpecPart, SpecText

NAME = "numcodecs"
_JSON = f"{NAME}:{{"


def respell(spec: SpecText) -> SpecText:
    """Return a spec in keys, where it is one of numcodecs in another spelling; any other as it is.

    Raises
    ------
    SpecError
        It is JSON, and no configuration of a codec.
    """
    text = str(spec)
    if text.lstrip().startswith("{"):
        return SpecText((SpecPart(NAME, _from_json(text, text)),))
    if text.startswith(_JSON):
        return SpecText((SpecPart(NAME, _from_json(text, text.removeprefix(f"{NAME}:"))),))
    spec = first_word_as(spec, NAME, "codec")
    if spec.head.name == NAME:
        _refuse_elsewhere(text, spec.head.values.get("codec"))
    return spec


def _refuse_elsewhere(spec: str, codec: str | None) -> None:
    if codec in ELSEWHERE:
        raise SpecError(f'spec "{spec}": wavecomp has {codec} by itself; write {ELSEWHERE[codec]}, for one')


def _from_json(spec: str, text: str) -> tuple[Item, ...]:
    try:
        config = json.loads(text)
    except ValueError as error:
        raise SpecError(f'spec "{one_line(spec, 300)}": it begins like JSON and is none: {error}') from None
    codec = config.pop("id", None) if isinstance(config, dict) else None
    if not isinstance(codec, str):
        raise SpecError(
            f'spec "{one_line(spec, 300)}": write a codec\'s configuration as numcodecs does, '
            '{"id": "zstd", "level": 3}'
        )
    _refuse_elsewhere(spec, codec)
    known = CODECS.get(codec)
    items: list[Item] = [("codec", codec)]
    for key, value in config.items():
        if known is not None and key in known.implied and value in (known.implied[key], None):
            continue
        if known is not None and key in known.typed and value is None:
            continue
        if known is not None and key in known.typed:
            items.append(("dtype", _float_type(spec, key, value)))
        elif value is not None and value is not False:
            items.append((key, _text(spec, key, value)))
    return tuple(dict.fromkeys(items))


def _text(spec: str, key: str, value: object) -> str | None:
    if value is True:
        return None
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return format_value(value)
    if isinstance(value, str):
        if key == "astype":
            return value.lstrip("<=|")
        if not set(value) & set(",/=: "):
            return value
    raise SpecError(f'spec "{one_line(spec, 300)}": {key}={value!r:.100} cannot be taken; give a number or a word')


def _float_type(spec: str, key: str, value: object) -> str:
    try:
        found = np.dtype(str(value))
    except TypeError:
        found = np.dtype("O")
    if found not in (np.dtype("float32"), np.dtype("float64")):
        raise SpecError(f'spec "{one_line(spec, 300)}": {key}={value!r:.100} must be f4 or f8, and that of the field')
    return f"f{found.itemsize}"
