"""Places whose city, state, postcode and telephone number agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.providers.primitives import numerified
from pytest_synthdata.columns.scope import ColumnScope
from pytest_synthdata.columns.text.grammar import templates
from pytest_synthdata.columns.text.phrases import Phrases, alias_table, pick
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.errors import DeclarationError, nearest

FIELDS = ("city", "state", "state_code", "postcode", "phone", "country_code")

# City; state and its code (ISO 3166-2); postcodes of the city's centre and telephone numbers, as patterns where # is a
# digit and % one that is not 0; inhabitants in thousands. Nobody can have the numbers: they lie in the ranges for
# fiction (North America: 555-01xx; France and the five largest German cities: as their regulators reserve them),
# elsewhere the subscriber's number begins with 0, which none does.
_PLACES = {
    "en_US": """
New York|New York|NY|100##|(212) 555-01##|8804
Los Angeles|California|CA|900##|(213) 555-01##|3899
Chicago|Illinois|IL|606##|(312) 555-01##|2746
Houston|Texas|TX|770##|(713) 555-01##|2305
Phoenix|Arizona|AZ|850##|(602) 555-01##|1608
Philadelphia|Pennsylvania|PA|191##|(215) 555-01##|1604
San Antonio|Texas|TX|782##|(210) 555-01##|1435
San Diego|California|CA|921##|(619) 555-01##|1387
Dallas|Texas|TX|752##|(214) 555-01##|1304
Austin|Texas|TX|787##|(512) 555-01##|962
Jacksonville|Florida|FL|322##|(904) 555-01##|950
Columbus|Ohio|OH|432##|(614) 555-01##|906
Indianapolis|Indiana|IN|462##|(317) 555-01##|888
Charlotte|North Carolina|NC|282##|(704) 555-01##|875
Seattle|Washington|WA|981##|(206) 555-01##|737
Denver|Colorado|CO|802##|(303) 555-01##|716
Nashville|Tennessee|TN|372##|(615) 555-01##|689
Boston|Massachusetts|MA|021##|(617) 555-01##|676
Portland|Oregon|OR|972##|(503) 555-01##|653
Las Vegas|Nevada|NV|891##|(702) 555-01##|642
Atlanta|Georgia|GA|303##|(404) 555-01##|499
Miami|Florida|FL|331##|(305) 555-01##|442
Minneapolis|Minnesota|MN|554##|(612) 555-01##|430
New Orleans|Louisiana|LA|701##|(504) 555-01##|384""",
    "de_DE": """
Berlin|Berlin|BE|101##|030 23125 ###|3755
Hamburg|Hamburg|HH|202##|040 66969 ###|1892
München|Bayern|BY|803##|089 99998 ###|1512
Köln|Nordrhein-Westfalen|NW|506##|0221 4710 ###|1084
Frankfurt am Main|Hessen|HE|603##|069 90009 ###|773
Stuttgart|Baden-Württemberg|BW|701##|0711 0######|632
Düsseldorf|Nordrhein-Westfalen|NW|402##|0211 0######|629
Leipzig|Sachsen|SN|041##|0341 0######|616
Dortmund|Nordrhein-Westfalen|NW|441##|0231 0######|593
Bremen|Bremen|HB|281##|0421 0######|569
Dresden|Sachsen|SN|010##|0351 0######|563
Hannover|Niedersachsen|NI|301##|0511 0######|545
Nürnberg|Bayern|BY|904##|0911 0######|523""",
    "fr_FR": """
Paris|Île-de-France|IDF|7501#|01 99 00 ## ##|2133
Marseille|Provence-Alpes-Côte d'Azur|PAC|1300%|04 65 71 ## ##|873
Lyon|Auvergne-Rhône-Alpes|ARA|6900%|04 65 71 ## ##|522
Toulouse|Occitanie|OCC|31000|05 36 49 ## ##|504
Nice|Provence-Alpes-Côte d'Azur|PAC|06000|04 65 71 ## ##|349
Nantes|Pays de la Loire|PDL|44000|02 61 91 ## ##|323
Montpellier|Occitanie|OCC|34000|04 65 71 ## ##|302
Strasbourg|Grand Est|GES|67000|03 53 01 ## ##|291
Bordeaux|Nouvelle-Aquitaine|NAQ|33000|05 36 49 ## ##|261
Lille|Hauts-de-France|HDF|59000|03 53 01 ## ##|236
Rennes|Bretagne|BRE|35000|02 61 91 ## ##|225""",
    "ja_JP": """
横浜市西区|神奈川県|14|220-00##|045-0##-####|3777
大阪市北区|大阪府|27|530-00##|06-0###-####|2752
名古屋市中区|愛知県|23|460-00##|052-0##-####|2332
札幌市中央区|北海道|01|060-00##|011-0##-####|1973
福岡市博多区|福岡県|40|812-00##|092-0##-####|1612
神戸市中央区|兵庫県|28|650-00##|078-0##-####|1525
京都市中京区|京都府|26|604-80##|075-0##-####|1464
広島市中区|広島県|34|730-00##|082-0##-####|1201
仙台市青葉区|宮城県|04|980-08##|022-0##-####|1097
新宿区|東京都|13|160-00##|03-0###-####|349
千代田区|東京都|13|100-00##|03-0###-####|67""",
    "pt_BR": """
São Paulo|São Paulo|SP|01###-###|(11) 0###-####|11452
Rio de Janeiro|Rio de Janeiro|RJ|20###-###|(21) 0###-####|6211
Brasília|Distrito Federal|DF|70###-###|(61) 0###-####|2817
Fortaleza|Ceará|CE|60###-###|(85) 0###-####|2429
Salvador|Bahia|BA|40###-###|(71) 0###-####|2418
Belo Horizonte|Minas Gerais|MG|30###-###|(31) 0###-####|2316
Manaus|Amazonas|AM|690##-###|(92) 0###-####|2064
Curitiba|Paraná|PR|80###-###|(41) 0###-####|1774
Recife|Pernambuco|PE|50###-###|(81) 0###-####|1489
Goiânia|Goiás|GO|74###-###|(62) 0###-####|1437
Porto Alegre|Rio Grande do Sul|RS|90###-###|(51) 0###-####|1333
Belém|Pará|PA|66###-###|(91) 0###-####|1303""",
}


@dataclass(frozen=True)
class Place(Generator):
    """A large city of a country with a postcode and a telephone number of its own, as a struct.

    The fields are city, state, state_code, postcode, phone and country_code; a column of one of them is
    ``col("place.city")``, where ``place`` is the struct's column. Cities come as often as they have
    inhabitants. Postcodes begin as those of the city's centre do; nobody can have the telephone numbers.

    Args:
        locale: en_US, de_DE, fr_FR, ja_JP or pt_BR. Faker's lists do not say which city lies where, so
            these are few and our own.

    >>> from pytest_synthdata import Dataset, Place, TableFactory, col
    >>> class SiteFactory(TableFactory):
    ...     place = Place("de_DE")
    ...     city = col("place.city")
    >>> Dataset({SiteFactory: 3}).sites.to_arrow()["city"].to_pylist()
    ['Berlin', 'Berlin', 'Hannover']
    """

    locale: str = "en_US"

    def values(self, cells: Cells) -> Values:
        shares, texts, postcodes, phones = _compiled(self.locale)
        every = np.uint64(len(shares))
        which = pick(shares, cells.substream("place").bits(), np.uint64(0), every, weighted=True)
        columns = {name: column.take(arrow_array(which)) for name, column in texts.items()}
        columns["postcode"] = postcodes.tokens_by(which, cells.substream("postcode")).texts()
        columns["phone"] = phones.tokens_by(which, cells.substream("phone")).texts()
        return pa.StructArray.from_arrays([columns[name] for name in FIELDS], list(FIELDS))

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.struct([pa.field(name, pa.string()) for name in FIELDS])

    def inside(self, scope: Scope) -> Scope:
        return ColumnScope(Plan(scope.name, dict.fromkeys(FIELDS, _TEXT)), scope.name)

    def check(self, scope: Scope) -> None:
        if self.locale not in _PLACES:
            raise DeclarationError(f"{scope.place}: no places for {self.locale!r}: {nearest(self.locale, _PLACES)}")


_TEXT = Template("")


@lru_cache(maxsize=8)
def _compiled(locale: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint64]], dict[str, pa.Array], Phrases, Phrases]:
    rows = [line.split("|") for line in _PLACES[locale].strip().splitlines()]
    cities, states, codes, postcodes, phones, people = zip(*rows, strict=True)
    texts = {
        "city": arrow_array(cities),
        "state": arrow_array(states),
        "state_code": arrow_array(codes),
        "country_code": arrow_array([locale[-2:]] * len(rows)),
    }
    shares = alias_table([float(number) for number in people], len(rows))
    return shares, texts, _by_place(postcodes), _by_place(phones)


def _by_place(patterns: tuple[str, ...]) -> Phrases:
    """A template for each place."""
    options = []
    for pattern in patterns:
        (template,) = templates(numerified(pattern)) or [(1.0, ())]
        options.append((1 / len(patterns), template[1]))
    return Phrases.of(options)
