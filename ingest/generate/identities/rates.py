"""How often what goes wrong in registers: shares of the records that could have each error.

Names: share of characters and ways of Chinese clerks' slips; dates: day and month swapped, a digit
wrong; the rest as a city's register and two that were filled in later differ. An error has one name
here, in the truth and in what a measurement says is lost.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Shares, 0..1. The defaults are what the corpus is documented with."""

    # people's and companies' names
    traditional: float = 0.04  # 張偉 for 张伟
    variant: float = 0.30  # where a character has one: 喆 for 哲, 闫 for 阎
    homophone: float = 0.015  # another character of the same pinyin
    missing_character: float = 0.005  # of names of three and more
    added_character: float = 0.003
    pinyin: float = 0.02  # Zhang Wei, Wei Zhang, of people
    # birth dates
    swapped_date: float = 0.01
    date_slip: float = 0.015
    year_only: float = 0.01
    # what is left out, by register: registry, bank, telecom
    no_birth: tuple[float, float, float] = (0.05, 0.10, 0.15)
    no_address: tuple[float, float, float] = (0.02, 0.10, 0.15)
    no_phone: tuple[float, float, float] = (0.30, 0.05, 0.0)
    # what changed between the registers
    moved: float = 0.10
    phone_changed: float = 0.12
    phone_recycled: float = 0.40  # of numbers given up: another has it half a year later
    # how addresses are written
    short_address: float = 0.40  # without its province or district
    numerals: float = 0.05  # 一百三十八号 for 138号
    house_slip: float = 0.02
    # official numbers
    no_id: tuple[float, float, float] = (0.25, 0.45, 0.70)
    old_id: float = 0.25  # 15 digits, of those born before 1980
    id_slip: float = 0.02  # a digit wrong: the check character finds it
    # who is easily taken for another
    twins: float = 0.008
    sons: float = 0.06  # a son who lives with his father, and may use his phone
    namesakes: float = 0.03  # of a very common name, in one city
    # companies
    siblings: float = 0.15  # of one group: 云瑞(北京)科技, 云瑞(上海)科技
    renamed: float = 0.08
    no_form: float = 0.08  # 有限公司 left out
    turned_name: float = 0.15  # 云瑞科技(杭州)有限公司 for 杭州云瑞科技有限公司


STANDARD = Rates()
