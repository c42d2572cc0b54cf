"""The pages of the GEP accounts: a module for each thing that they show."""
