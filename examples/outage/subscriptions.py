"""A subscription business in which one event, declared once, explains three tables."""

from pytest_synthdata import (
    Categorical,
    Constant,
    Count,
    Dates,
    Event,
    Exponential,
    Fake,
    ForeignKey,
    Given,
    Key,
    Normal,
    Readings,
    ReadingTime,
    Sum,
    TableFactory,
    Timeline,
    col,
    when,
)

OUTAGE = Event("2024-10-15", "2024-10-25", 3.0)
LEAVING = Event("2024-11-05", "2024-11-15")  # three weeks later
END = "2024-12-31"


class CustomerFactory(TableFactory):
    class Meta:
        table = "customers"
        rows = 4_000
        exclude = ("left_for_outage", "leaves")

    customer_id = Key("CUST-{:05d}")
    name = Fake("company")
    tier = Categorical({"Free": 0.3, "Pro": 0.5, "Enterprise": 0.2})
    region = Categorical({"North": 0.35, "South": 0.25, "East": 0.2, "West": 0.2})
    signed_up = Dates("2023-01-01", "2024-06-30")
    was_hit = when(col("region") == "West", Categorical({True: 0.8, False: 0.2})).otherwise(False)
    left_for_outage = when(
        (col("was_hit") == True) & (col("tier") == "Enterprise"),  # noqa: E712 - an expression
        Categorical({True: 0.4, False: 0.6}),
    ).otherwise(False)
    leaves = Given(
        "tier", {"Enterprise": Categorical({True: 0.03, False: 0.97})}, default=Categorical({True: 0.08, False: 0.92})
    )
    churned_on = (
        when(col("left_for_outage") == True, Dates(LEAVING.start, LEAVING.end))  # noqa: E712
        .when(col("leaves") == True, Dates("2024-07-01", END))  # noqa: E712
        .otherwise(Constant(None).cast("date"))
    )
    billed_until = when(col("churned_on").is_null(), Dates(END, END)).otherwise(col("churned_on"))
    revenue = Sum("invoices.amount")
    invoices = Count("invoices")


class TicketFactory(TableFactory):
    class Meta:
        table = "tickets"
        rows = 8_000

    ticket_id = Key("TKT-{:06d}")
    customer = ForeignKey(
        CustomerFactory,
        weights=Given("tier", {"Enterprise": 5, "Pro": 2, "Free": 1}),
        # In the outage those who were hit write; else anyone.
        where=~col("created_at").during(OUTAGE) | (col("customer.was_hit") == True) | (col("any") == True),  # noqa: E712
    )
    any = Categorical({True: 0.35, False: 0.65})
    created_at = Timeline("2024-01-01", END, weekend=0.6, events=[OUTAGE])
    category = when(
        col("created_at").during(OUTAGE),
        Categorical({"Authentication": 0.65, "Network": 0.15, "Billing": 0.1, "Account": 0.1}),
    ).otherwise(Categorical({"Authentication": 0.25, "Network": 0.3, "Billing": 0.25, "Account": 0.2}))
    resolution_hours = (
        when(col("created_at").during(OUTAGE) & (col("category") == "Authentication"), Exponential(60))
        .otherwise(Exponential(18))
        .round(1)
    )
    satisfaction = (
        Given("resolution_hours", bins=[8, 24], then=[Normal(4.5, 0.6), Normal(3.8, 0.8), Normal(2.6, 0.9)])
        .round()
        .clip(1, 5)
    )


class InvoiceFactory(TableFactory):
    class Meta:
        table = "invoices"

    invoice_id = Key("INV-{:07d}")
    customer = ForeignKey(CustomerFactory, per_parent=Readings("30d", start="signed_up", end="billed_until"))
    issued_at = ReadingTime()
    amount = Given("customer.tier", {"Enterprise": 1_500, "Pro": 90}, default=0).cast("decimal(12,2)")
