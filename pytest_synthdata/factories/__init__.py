"""The business that comes along: customers, their orders and their support tickets."""

from pytest_synthdata.factories.base import TableFactory
from pytest_synthdata.factories.customers import CustomerFactory
from pytest_synthdata.factories.orders import OrderFactory
from pytest_synthdata.factories.tickets import TicketFactory

SHIPPED: tuple[type[TableFactory], ...] = (CustomerFactory, OrderFactory, TicketFactory)

__all__ = ["SHIPPED", "CustomerFactory", "OrderFactory", "TableFactory", "TicketFactory"]
