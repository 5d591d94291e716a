"""Messages of Protocol Buffers as tables: by the classes that `protoc` makes, and by its descriptor sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from pytest_synthdata import Dataset, SynthDataError, TableFactory
from pytest_synthdata.cli import cli
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import samples_of_schema

pytest.importorskip("google.protobuf")
from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory, timestamp_pb2, wrappers_pb2

OPTIONAL, REPEATED = 1, 3
LONG, INT, TEXT, MESSAGE, BYTES, UNSIGNED, ENUM = 3, 5, 9, 11, 12, 13, 14
KNOWN = (timestamp_pb2, wrappers_pb2, duration_pb2)


def field(name: str, number: int, type_: int, label: int = OPTIONAL, kind: str | None = None) -> Any:
    return descriptor_pb2.FieldDescriptorProto(name=name, number=number, type=type_, label=label, type_name=kind)


def shop() -> Any:
    """What the compiler makes of a file with customers, and orders of several lines."""
    file = descriptor_pb2.FileDescriptorProto(
        name="shop.proto", package="shop", syntax="proto3", dependency=[one.DESCRIPTOR.name for one in KNOWN]
    )
    status = file.enum_type.add(name="Status")
    for number, name in enumerate(("NEW", "PAID")):
        status.value.add(name=name, number=number)
    file.message_type.add(name="Customer").field.extend([field("customer_id", 1, LONG), field("email", 2, TEXT)])
    file.message_type.add(name="Line").field.extend([field("sku", 1, TEXT), field("quantity", 2, UNSIGNED)])
    order = file.message_type.add(name="Order")
    tags = order.nested_type.add(name="TagsEntry")
    tags.field.extend([field("key", 1, TEXT), field("value", 2, INT)])
    tags.options.map_entry = True
    order.oneof_decl.add(name="_note")
    note = field("note", 7, TEXT)
    note.proto3_optional, note.oneof_index = True, 0
    order.field.extend([
        field("order_id", 1, LONG), field("customer_id", 2, LONG), field("status", 3, ENUM, kind=".shop.Status"),
        field("lines", 4, MESSAGE, REPEATED, ".shop.Line"),
        field("tags", 5, MESSAGE, REPEATED, ".shop.Order.TagsEntry"),
        field("placed_at", 6, MESSAGE, kind=".google.protobuf.Timestamp"), note,
        field("rate", 8, MESSAGE, kind=".google.protobuf.DoubleValue"),
        field("took", 9, MESSAGE, kind=".google.protobuf.Duration"), field("raw", 10, BYTES),
    ])  # fmt: skip
    return file


def described(*files: Any) -> Any:
    known = []
    for one in KNOWN:
        known.append(descriptor_pb2.FileDescriptorProto())
        one.DESCRIPTOR.CopyToProto(known[-1])
    return descriptor_pb2.FileDescriptorSet(file=[*known, *files])


ORDER = pa.schema(
    [
        pa.field("order_id", pa.int64(), nullable=False),
        pa.field("customer_id", pa.int64(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        (
            "lines",
            pa.list_(
                pa.struct(
                    [
                        pa.field("sku", pa.string(), nullable=False),
                        pa.field("quantity", pa.int32(), nullable=False),
                    ]
                )
            ),
        ),
        ("tags", pa.map_(pa.string(), pa.int32())),
        ("placed_at", pa.timestamp("us", "UTC")),
        ("note", pa.string()),
        ("rate", pa.float64()),
        ("took", pa.duration("us")),
        pa.field("raw", pa.binary(), nullable=False),
    ]
)


def test_a_set_of_descriptors(tmp_path: Path) -> None:
    (tmp_path / "shop.desc").write_bytes(described(shop()).SerializeToString())
    samples = samples_of_schema(tmp_path / "shop.desc")
    assert samples is not None
    assert list(samples) == ["customer", "order"]  # lines are within orders
    made = {one.table: factory for one, factory in infer_tables(samples, base=TableFactory)}
    dataset = Dataset(dict.fromkeys(made.values(), 50))
    orders = dataset["order"].to_arrow()
    assert {one.name: one.nullable for one in orders.schema if one.name != "lines"} == {
        one.name: one.nullable for one in ORDER if one.name != "lines"
    }
    assert [one.type for one in orders.schema] == ORDER.types
    assert set(orders["status"].to_pylist()) == {"NEW", "PAID"}
    assert pc.all(pc.is_in(orders["customer_id"], dataset["customer"].to_arrow()["customer_id"])).as_py()


def test_a_class_of_messages() -> None:
    pool = descriptor_pool.DescriptorPool()
    for one in described(shop()).file:
        pool.Add(one)
    made = TableFactory.from_schema(message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Customer")))
    assert Dataset({made: 3})["customer"].schema.names == ["customer_id", "email"]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    loop = descriptor_pb2.FileDescriptorProto(name="loop.proto", syntax="proto3")
    loop.message_type.add(name="Node").field.append(field("next", 1, MESSAGE, kind=".Node"))
    outer = descriptor_pb2.FileDescriptorProto(name="outer.proto", syntax="proto3", dependency=["loop.proto"])
    outer.message_type.add(name="Outer").field.append(field("node", 1, MESSAGE, kind=".Node"))
    contents = {
        "bad.desc": (b"nonsense", "cannot be read as a set of descriptors"),
        "alone.desc": (descriptor_pb2.FileDescriptorSet(file=[shop()]).SerializeToString(), "--include_imports"),
        "loop.desc": (described(loop, outer).SerializeToString(), "Node contains itself"),
        "none.desc": (described().SerializeToString(), "there is no message in it"),
        "shop.proto": (b'syntax = "proto3";', "give what its compiler makes of it: protoc"),
    }
    for name, (content, message) in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SynthDataError, match=message):
            samples_of_schema(tmp_path / name)
    result = CliRunner().invoke(cli, ["infer", str(tmp_path / "shop.proto")])
    assert "or the class: shop_pb2:Order" in result.stderr
