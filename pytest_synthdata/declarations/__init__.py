"""Where factory_boy and columns meet: what a factory's class body says, as declarations and as a plan.

Every declaration has one meaning, in `build()` and in a table. Ours, and factory_boy's where they have a counterpart,
are generators of columns wrapped so that factory_boy can ask for one row. All other declarations stay
factory_boy's own and fill a table row by row.
"""
