"""Places whose city, state, postcode, telephone number and coordinates agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.numbers.distributions import Uniform
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.providers.primitives import numerified
from pytest_synthdata.columns.scope import ColumnScope
from pytest_synthdata.columns.text.grammar import templates
from pytest_synthdata.columns.text.phrases import Phrases, alias_table, pick
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.errors import DeclarationError, nearest

TEXTS = ("city", "state", "state_code", "postcode", "phone", "country_code")
COORDINATES = ("latitude", "longitude")
FIELDS = (*TEXTS, *COORDINATES)

# City; state and its code (ISO 3166-2); postcodes of the city's centre and telephone numbers, as patterns where # is a
# digit and % one that is not 0; inhabitants in thousands. Nobody can have the numbers: they lie in the ranges for
# fiction (North America: 555-01xx; France and the five largest German cities: as their regulators reserve them),
# elsewhere the subscriber's number begins with 0, which none does. Then a latitude and a longitude near the centre (WGS
# 84, read off maps; compared in the tests with the coordinates that Faker has from GeoNames), and how many kilometres
# around it are the city's and dry, for the most part.
_PLACES = {
    "en_US": """
New York|New York|NY|100##|(212) 555-01##|8804|40.773|-73.969|1.4
Los Angeles|California|CA|900##|(213) 555-01##|3899|34.05|-118.25|4
Chicago|Illinois|IL|606##|(312) 555-01##|2746|41.88|-87.66|2.5
Houston|Texas|TX|770##|(713) 555-01##|2305|29.76|-95.37|5
Phoenix|Arizona|AZ|850##|(602) 555-01##|1608|33.45|-112.07|5
Philadelphia|Pennsylvania|PA|191##|(215) 555-01##|1604|39.97|-75.165|2
San Antonio|Texas|TX|782##|(210) 555-01##|1435|29.42|-98.49|5
San Diego|California|CA|921##|(619) 555-01##|1387|32.74|-117.13|3
Dallas|Texas|TX|752##|(214) 555-01##|1304|32.79|-96.79|4
Austin|Texas|TX|787##|(512) 555-01##|962|30.28|-97.74|3
Jacksonville|Florida|FL|322##|(904) 555-01##|950|30.35|-81.68|2.5
Columbus|Ohio|OH|432##|(614) 555-01##|906|39.97|-83|4
Indianapolis|Indiana|IN|462##|(317) 555-01##|888|39.77|-86.16|4
Charlotte|North Carolina|NC|282##|(704) 555-01##|875|35.23|-80.84|4
Seattle|Washington|WA|981##|(206) 555-01##|737|47.615|-122.315|1.5
Denver|Colorado|CO|802##|(303) 555-01##|716|39.74|-104.98|4
Nashville|Tennessee|TN|372##|(615) 555-01##|689|36.15|-86.79|3
Boston|Massachusetts|MA|021##|(617) 555-01##|676|42.33|-71.09|2
Portland|Oregon|OR|972##|(503) 555-01##|653|45.52|-122.62|3
Las Vegas|Nevada|NV|891##|(702) 555-01##|642|36.165|-115.145|3
Atlanta|Georgia|GA|303##|(404) 555-01##|499|33.755|-84.39|3
Miami|Florida|FL|331##|(305) 555-01##|442|25.78|-80.22|2
Minneapolis|Minnesota|MN|554##|(612) 555-01##|430|44.96|-93.265|2
New Orleans|Louisiana|LA|701##|(504) 555-01##|384|29.965|-90.09|2""",
    "de_DE": """
Berlin|Berlin|BE|101##|030 23125 ###|3755|52.52|13.405|4
Hamburg|Hamburg|HH|202##|040 66969 ###|1892|53.575|9.97|1.5
München|Bayern|BY|803##|089 99998 ###|1512|48.14|11.57|4
Köln|Nordrhein-Westfalen|NW|506##|0221 4710 ###|1084|50.935|6.93|2
Frankfurt am Main|Hessen|HE|603##|069 90009 ###|773|50.125|8.68|1.5
Stuttgart|Baden-Württemberg|BW|701##|0711 0######|632|48.775|9.18|3
Düsseldorf|Nordrhein-Westfalen|NW|402##|0211 0######|629|51.225|6.795|1.5
Leipzig|Sachsen|SN|041##|0341 0######|616|51.34|12.38|3
Dortmund|Nordrhein-Westfalen|NW|441##|0231 0######|593|51.515|7.465|4
Bremen|Bremen|HB|281##|0421 0######|569|53.09|8.82|1.5
Dresden|Sachsen|SN|010##|0351 0######|563|51.035|13.735|1.5
Hannover|Niedersachsen|NI|301##|0511 0######|545|52.38|9.735|1.5
Nürnberg|Bayern|BY|904##|0911 0######|523|49.45|11.08|3""",
    "fr_FR": """
Paris|Île-de-France|IDF|7501#|01 99 00 ## ##|2133|48.875|2.345|1.5
Marseille|Provence-Alpes-Côte d'Azur|PAC|1300%|04 65 71 ## ##|873|43.3|5.4|2
Lyon|Auvergne-Rhône-Alpes|ARA|6900%|04 65 71 ## ##|522|45.755|4.865|1.5
Toulouse|Occitanie|OCC|31000|05 36 49 ## ##|504|43.605|1.455|1
Nice|Provence-Alpes-Côte d'Azur|PAC|06000|04 65 71 ## ##|349|43.71|7.26|1.2
Nantes|Pays de la Loire|PDL|44000|02 61 91 ## ##|323|47.225|-1.57|1
Montpellier|Occitanie|OCC|34000|04 65 71 ## ##|302|43.61|3.875|3
Strasbourg|Grand Est|GES|67000|03 53 01 ## ##|291|48.58|7.75|1.5
Bordeaux|Nouvelle-Aquitaine|NAQ|33000|05 36 49 ## ##|261|44.835|-0.59|1.2
Lille|Hauts-de-France|HDF|59000|03 53 01 ## ##|236|50.63|3.06|1.5
Rennes|Bretagne|BRE|35000|02 61 91 ## ##|225|48.11|-1.68|2""",
    "ja_JP": """
横浜市西区|神奈川県|14|220-00##|045-0##-####|3777|35.454|139.617|0.6
大阪市北区|大阪府|27|530-00##|06-0###-####|2752|34.705|135.51|0.7
名古屋市中区|愛知県|23|460-00##|052-0##-####|2332|35.165|136.905|1
札幌市中央区|北海道|01|060-00##|011-0##-####|1973|43.055|141.341|1.2
福岡市博多区|福岡県|40|812-00##|092-0##-####|1612|33.585|130.425|1
神戸市中央区|兵庫県|28|650-00##|078-0##-####|1525|34.695|135.19|0.8
京都市中京区|京都府|26|604-80##|075-0##-####|1464|35.011|135.755|0.8
広島市中区|広島県|34|730-00##|082-0##-####|1201|34.385|132.455|0.8
仙台市青葉区|宮城県|04|980-08##|022-0##-####|1097|38.268|140.87|1
新宿区|東京都|13|160-00##|03-0###-####|349|35.694|139.705|1
千代田区|東京都|13|100-00##|03-0###-####|67|35.69|139.755|0.8""",
    "pt_BR": """
São Paulo|São Paulo|SP|01###-###|(11) 0###-####|11452|-23.55|-46.635|3
Rio de Janeiro|Rio de Janeiro|RJ|20###-###|(21) 0###-####|6211|-22.915|-43.205|1.2
Brasília|Distrito Federal|DF|70###-###|(61) 0###-####|2817|-15.795|-47.89|1.5
Fortaleza|Ceará|CE|60###-###|(85) 0###-####|2429|-3.745|-38.53|1.5
Salvador|Bahia|BA|40###-###|(71) 0###-####|2418|-12.975|-38.49|1.5
Belo Horizonte|Minas Gerais|MG|30###-###|(31) 0###-####|2316|-19.925|-43.94|3
Manaus|Amazonas|AM|690##-###|(92) 0###-####|2064|-3.11|-60.02|1.5
Curitiba|Paraná|PR|80###-###|(41) 0###-####|1774|-25.43|-49.27|3
Recife|Pernambuco|PE|50###-###|(81) 0###-####|1489|-8.055|-34.905|1
Goiânia|Goiás|GO|74###-###|(62) 0###-####|1437|-16.685|-49.265|3
Porto Alegre|Rio Grande do Sul|RS|90###-###|(51) 0###-####|1333|-30.04|-51.205|1.5
Belém|Pará|PA|66###-###|(91) 0###-####|1303|-1.455|-48.485|1.2""",
}


@dataclass(frozen=True)
class Place(Generator):
    """A large city of a country with a postcode, a telephone number and coordinates of its own, as a struct.

    The fields are city, state, state_code, postcode, phone, country_code, latitude and longitude; a column of one
    of them is ``col("place.city")``, where ``place`` is the struct's column. Cities come as often as they have
    inhabitants. Postcodes begin as those of the city's centre do; nobody can have the telephone numbers. Latitudes
    and longitudes, in degrees with 5 digits, lie around the centre and are rarer the farther they are from it; the
    area is part of the city, but no address need be there.

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
        shares, texts, postcodes, phones, (centres, degrees) = _compiled(self.locale)
        every = np.uint64(len(shares))
        which = pick(shares, cells.substream("place").bits(), np.uint64(0), every, weighted=True)
        columns = {name: column.take(arrow_array(which)) for name, column in texts.items()}
        columns["postcode"] = postcodes.tokens_by(which, cells.substream("postcode")).texts()
        columns["phone"] = phones.tokens_by(which, cells.substream("phone")).texts()
        for number, name in enumerate(COORDINATES):
            away = cells.substream(name).uniform() + cells.substream(name, "more").uniform() - 1.0
            columns[name] = arrow_array(np.round(centres[which, number] + degrees[which, number] * away, _DIGITS))
        return pa.StructArray.from_arrays([columns[name] for name in FIELDS], list(FIELDS))

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        types = {**dict.fromkeys(TEXTS, pa.string()), **dict.fromkeys(COORDINATES, pa.float64())}
        return pa.struct(list(types.items()))

    def inside(self, scope: Scope) -> Scope:
        return ColumnScope(Plan(scope.name, {**dict.fromkeys(TEXTS, _TEXT), **self._ranges()}), scope.name)

    def _ranges(self) -> dict[str, Generator]:
        """Between which ends the coordinates lie: of the country's places, as far as they reach."""
        centres, degrees = _compiled(self.locale)[-1]
        low, high = np.min(centres - degrees, axis=0), np.max(centres + degrees, axis=0)
        return {
            name: Uniform(float(low[number]), float(high[number])).round(_DIGITS)
            for number, name in enumerate(COORDINATES)
        }

    def check(self, scope: Scope) -> None:
        if self.locale not in _PLACES:
            raise DeclarationError(f"{scope.place}: no places for {self.locale!r}: {nearest(self.locale, _PLACES)}")


_TEXT = Template("")
_DIGITS = 5  # after the point of a degree: a metre
_KM = 111.2  # in a degree of latitude

Pairs = npt.NDArray[np.float64]


@lru_cache(maxsize=8)
def _compiled(locale: str) -> tuple[npt.NDArray[np.uint64], dict[str, pa.Array], Phrases, Phrases, tuple[Pairs, Pairs]]:
    rows = [line.split("|") for line in _PLACES[locale].strip().splitlines()]
    cities, states, codes, postcodes, phones, people, *coordinates = zip(*rows, strict=True)
    texts = {
        "city": arrow_array(cities),
        "state": arrow_array(states),
        "state_code": arrow_array(codes),
        "country_code": arrow_array([locale[-2:]] * len(rows)),
    }
    shares = alias_table([float(number) for number in people], len(rows))
    return shares, texts, _by_place(postcodes), _by_place(phones), _around(np.array(coordinates, np.float64))


def _around(coordinates: Pairs) -> tuple[Pairs, Pairs]:
    """The centres of places, and how many degrees of latitude and longitude the square in their circle reaches."""
    from pytest_synthdata.columns.special_functions import cosdg  # the same bits everywhere

    latitude, longitude, radius = coordinates
    north = radius * 0.5**0.5 / _KM
    return np.stack([latitude, longitude], axis=1), np.stack([north, north / cosdg(latitude)], axis=1)


def _by_place(patterns: tuple[str, ...]) -> Phrases:
    """A template for each place."""
    options = []
    for pattern in patterns:
        (template,) = templates(numerified(pattern)) or [(1.0, ())]
        options.append((1 / len(patterns), template[1]))
    return Phrases.of(options)
