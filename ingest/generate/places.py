"""Districts with their GB/T 2260 codes, in cities weighted by how many companies they have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from ingest.generate.draws import Ints, weighted

_ROADS: Final = (
    "文三路 人民路 中山路 解放路 建设路 新华路 和平路 胜利路 长江路 黄河路 科技路 创业路 学院路 "
    "工业大道 迎宾大道 滨江大道 世纪大道 金融街 商贸街 花园路 光明路 友谊路 振兴路 青年路 湖滨路 "
    "东风路 西环路 南环路 北京路 上海路 天目路 凤起路 庆春路 体育路 公园路 港口路 望江路 星湖街 "
    "软件大道 高新路"
)
ROADS: Final = _ROADS.split()


@dataclass(frozen=True)
class Places:
    """All districts: codes, texts, the city each lies in, and a table to draw one by weight."""

    codes: Ints
    cities: list[str]
    districts: list[str]
    full: list[str]
    table: Ints


@cache
def places() -> Places:
    """The districts, read once."""
    codes: list[int] = []
    cities: list[str] = []
    districts: list[str] = []
    full: list[str] = []
    weights: list[float] = []
    for line in files("ingest.generate").joinpath("districts.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        city, whole, weight, *rest = line.split()
        for code, district in zip(rest[::2], rest[1::2], strict=True):
            codes.append(int(code))
            cities.append(city)
            districts.append(district)
            full.append(whole + district)
            weights.append(float(weight) / (len(rest) // 2))
    return Places(np.array(codes, dtype=np.int64), cities, districts, full, weighted(weights))
