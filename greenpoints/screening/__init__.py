"""Which rows of a delivery count: their texts, their checks, the reasons. No framework."""
