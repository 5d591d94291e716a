"""pytest-factoryboy's `register` with table factories."""

from __future__ import annotations

import pytest

pytest.importorskip("pytest_factoryboy")

TESTS = """
    import pytest
    from pytest_factoryboy import LazyFixture, register
    from pytest_synthdata import Categorical, ForeignKey, Given, Key, LogNormal, TableFactory

    class UserFactory(TableFactory):
        user_id = Key("U{:03d}")
        tier = Categorical({"a": 0.5, "b": 0.5})

    class TripFactory(TableFactory):
        trip_id = Key("T{:03d}")
        driver = ForeignKey(UserFactory)
        rider = ForeignKey(UserFactory)
        price = Given("driver.tier", {"a": LogNormal(1, 1), "b": 2.0}).round(2)

    register(UserFactory, "user")
    register(UserFactory, "admin")
    register(UserFactory, "boss", tier="a")
    register(TripFactory, "trip")

    def test_two_fixtures_are_two_rows(user, admin):
        assert user.user_id != admin.user_id
        assert user == {"user_id": user.user_id, "tier": UserFactory.build(__sequence=int(user.user_id[1:])).tier}

    def test_references(trip, user):
        assert (trip.driver_id, trip.rider_id) == (trip.driver.user_id, trip.rider.user_id)
        assert trip.rider is user

    def test_overrides(boss):
        assert boss.tier == "a"

    @pytest.mark.parametrize("user__tier", ["b"])
    def test_a_parents_attribute_reaches_the_row(trip):
        assert trip.price == 2.0

    @pytest.mark.parametrize("trip__driver", [LazyFixture("admin")])
    def test_lazy_fixtures(trip, admin):
        assert trip.driver_id == admin.user_id

    def test_the_factory(trip_factory, user_factory):
        assert user_factory is UserFactory
        assert trip_factory(price=3).price == 3
"""


def test_register(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest("-q", "-p", "pytest-factoryboy", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=6)
