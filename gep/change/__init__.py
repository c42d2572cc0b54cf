"""What changes from one year to another: land, parcels, prices and values. Method: docs/methods/change.md."""
