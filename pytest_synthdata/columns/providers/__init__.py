"""Everything that reads Faker: providers compiled to plain columns of text."""
