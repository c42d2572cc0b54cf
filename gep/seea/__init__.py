"""The accounts of SEEA EA beside those of GEP: condition, supply and use, assets; extent stands in gep.change.extent.

Method: docs/methods/seea.md.
"""
